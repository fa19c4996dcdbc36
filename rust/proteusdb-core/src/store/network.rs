//! Network file systems, where LMDB's locks and shared memory do not reach the other hosts.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::options::Options;
use super::probe::refuse;
use crate::error::Result;

/// Refuses to write on file systems whose locks LMDB cannot rely on.
pub(super) fn check(path: &Path, options: &Options) -> Result<()> {
    if options.read_only || options.allow_network_fs {
        return Ok(());
    }
    match network_file_system(path) {
        None => Ok(()),
        Some(name) => Err(refuse(
            path,
            &format!(
                "it lies on {name}, where the locks that keep writers apart cannot be relied on; put it on a local disk, \
                 write to a server back end, open it with read_only=True, or say allow_network_fs=True if only this host \
                 will ever open it"
            ),
        )),
    }
}

/// The kind of file system that a path lies on, if other hosts share it.
#[must_use]
pub fn network_file_system(path: &Path) -> Option<String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let magic = rustix::fs::statfs(folder).map_or(0, |found| found.f_type as u64);
    name(magic).map(str::to_owned).or_else(|| if magic == FUSE { remote_fuse(folder) } else { None })
}

/// File systems of user programs; whether one is remote stands in its type.
const FUSE: u64 = 0x6573_5546;

/// Types of such file systems that other hosts see too; others, as those of encrypted folders, are local.
const REMOTE_FUSE: &[&str] = &[
    "sshfs",
    "glusterfs",
    "ceph-fuse",
    "ceph",
    "s3fs",
    "s3ql",
    "gcsfuse",
    "blobfuse",
    "blobfuse2",
    "rclone",
    "goofys",
    "mount-s3",
    "juicefs",
    "JuiceFS",
    "mfs",
    "lizardfs",
    "seaweedfs",
    "weed",
    "alluxio-fuse",
    "curlftpfs",
    "davfs",
];

fn remote_fuse(folder: &Path) -> Option<String> {
    let device = std::fs::metadata(folder).ok()?.dev();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = fuse_type(&mounts, rustix::fs::major(device), rustix::fs::minor(device))?;
    REMOTE_FUSE.contains(&kind).then(|| format!("{kind} (FUSE)"))
}

/// The type after `fuse.` of the file system with this device, from lines such as
/// `98 29 0:52 / /mnt/x rw,nosuid shared:1 - fuse.sshfs host:/data rw`.
fn fuse_type(mounts: &str, major: u32, minor: u32) -> Option<&str> {
    let device = format!("{major}:{minor}");
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&device))?;
    mount.split_once(" - ")?.1.split(' ').next()?.strip_prefix("fuse.")
}

/// Names by the magic numbers of statfs(2), which are 32 bits in a word of the machine.
fn name(magic: u64) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("SMB"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x4750_4653 => Some("GPFS"),
        0x00c3_6400 => Some("CephFS"),
        0x1983_0326 => Some("BeeGFS"),
        0x2003_0528 => Some("OrangeFS"),
        0xaad7_aaea => Some("PanFS"),
        0x7461_636f => Some("OCFS2"),
        0x0116_1970 => Some("GFS2"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_file_systems_are_known_and_local_ones_are_not() {
        assert_eq!(name(0x6969), Some("NFS"));
        assert_eq!(name(0xffff_ffff_ff53_4d42), Some("SMB"), "sign-extended on some machines");
        assert_eq!(name(0xef53), None, "ext4");
        let mounts =
            "97 29 0:5 / /a rw - ext4 /dev/x rw\n98 29 0:52 / /mnt/x rw,nosuid shared:1 - fuse.sshfs h:/d rw\n";
        assert_eq!(fuse_type(mounts, 0, 52), Some("sshfs"));
        assert_eq!((fuse_type(mounts, 0, 5), fuse_type(mounts, 0, 2)), (None, None));
        let folder = tempfile::tempdir().unwrap();
        assert!(check(&folder.path().join("proteus.db"), &Options::default()).is_ok());
    }
}
