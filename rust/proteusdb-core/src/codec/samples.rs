//! The first sample of each job a writer met lately: its matrices are what those of the next samples are coded beside.
//!
//! ```text
//! job "dimer", pae 412 x 412   of sample 0   <- beside it: pae of samples 1, 2, 3, 4
//! ```
//!
//! What is told by such a matrix has it stored beside, where equal arrays are one. So whatever becomes of the first
//! sample, its matrix lives as long as somebody needs it, and what a writer knows is never needed to read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Compression, Reference};
use crate::record::Array;

/// Bytes of matrices that are kept.
const KEPT: usize = 64 << 20;
/// Jobs that are remembered, whether they have matrices or not.
const JOBS: usize = 4096;

/// The matrices a writer knows, the latest first.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    jobs: HashSet<String>,
    matrices: Vec<(String, String, Arc<Reference>)>,
}

/// The samples of one job.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The matrices a writer knows.
    pub samples: &'a Samples,
    /// The job's name.
    pub name: &'a str,
}

impl Samples {
    /// Whether the store was asked for this job's matrices, or a sample of it was met; from now on it was.
    pub fn meet(&self, job: &str) -> bool {
        self.lock(|known| {
            if known.jobs.len() >= JOBS {
                known.jobs.clear();
            }
            !known.jobs.insert(job.to_owned())
        })
    }

    /// Takes a stored array of a job's first sample, if it is one that others can be coded beside.
    pub fn know(&self, job: &str, name: &str, blob: Arc<[u8]>) {
        let Some(reference) = Reference::new(blob).map(Arc::new) else { return };
        self.lock(|known| {
            let entries = &mut known.matrices;
            if !entries
                .iter()
                .any(|(of, called, other)| is(of, called, job, name) && other.shape() == reference.shape())
            {
                entries.insert(0, (job.to_owned(), name.to_owned(), reference));
            }
            let mut held = 0;
            entries.retain(|(_, _, reference)| {
                held += reference.size();
                held <= KEPT
            });
        });
    }

    fn find(&self, job: &str, name: &str, shape: &[u64]) -> Option<Arc<Reference>> {
        self.lock(|known| {
            let mut entries = known.matrices.iter();
            let found = entries.position(|(of, called, other)| is(of, called, job, name) && other.shape() == shape)?;
            let entry = known.matrices.remove(found);
            let reference = Arc::clone(&entry.2);
            known.matrices.insert(0, entry);
            Some(reference)
        })
    }

    fn lock<R>(&self, work: impl FnOnce(&mut Known) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Job<'_> {
    /// What the array of this name is coded beside, if the job has something; never anything for plain storage.
    pub(crate) fn beside(&self, name: &str, array: &Array, compression: Compression) -> Option<Arc<Reference>> {
        let wanted = compression != Compression::None && array.shape.len() > 1;
        wanted.then(|| self.samples.find(self.name, name, &array.shape)).flatten()
    }

    /// An array was coded alone: the next sample's may be coded beside it.
    pub(crate) fn know(&self, name: &str, array: &Array, blob: &[u8]) {
        if array.shape.len() > 1 {
            self.samples.know(self.name, name, Arc::from(blob));
        }
    }
}

fn is(of: &str, called: &str, job: &str, name: &str) -> bool {
    of == job && called == name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode_array, decode_array_beside, encode_array, encode_array_beside, needs_reference};
    use crate::record::Dtype;

    fn matrix(side: u64, noise: u64) -> Array {
        let value = |at: u64| {
            let (row, column) = (at / side, at % side);
            let mixed =
                |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).wrapping_mul(0xd6e8_feb8_6659_fd93);
            row.abs_diff(column) * 3 + (mixed(at) >> 59) + (mixed(at + noise * 99_991) >> 63)
        };
        let data = (0..side * side).flat_map(|at| (value(at) as f32 / 10.0).to_le_bytes()).collect();
        Array { dtype: Dtype::Float(4), shape: vec![side, side], data }
    }

    #[test]
    fn the_next_sample_is_coded_beside_the_first() {
        let samples = Samples::default();
        let job = Job { samples: &samples, name: "dimer" };
        let (first, second) = (matrix(80, 1), matrix(80, 2));
        let alone = encode_array(&first, Compression::Fast).unwrap();
        assert!(job.beside("pae", &first, Compression::Fast).is_none());
        job.know("pae", &first, &alone);
        let reference = job.beside("pae", &second, Compression::Fast).unwrap();
        let blob = encode_array_beside(&second, Compression::Fast, Some(&reference)).unwrap();
        assert!(needs_reference(&blob).unwrap() && !needs_reference(&alone).unwrap());
        assert!(blob.len() * 2 < encode_array(&second, Compression::Fast).unwrap().len(), "{}", blob.len());
        assert_eq!(decode_array_beside(&blob, Some(&alone)).unwrap(), second);
        assert!(decode_array(&blob).unwrap_err().to_string().contains("missing"));
        let other = encode_array(&second, Compression::Fast).unwrap();
        assert!(decode_array_beside(&blob, Some(&other)).unwrap_err().to_string().contains("another one than this"));
        assert!(Reference::new(blob.into()).is_none(), "nothing is coded beside what is itself coded beside another");
        assert!(job.beside("pae", &matrix(81, 2), Compression::Fast).is_none(), "another shape");
        assert!(job.beside("pde", &second, Compression::Fast).is_none(), "another name");
        assert!(job.beside("pae", &second, Compression::None).is_none(), "plain storage");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let samples = Samples::default();
        assert!(!samples.meet("job 0") && samples.meet("job 0"));
        for job in 0..JOBS {
            samples.meet(&format!("job {job}"));
        }
        assert!(samples.lock(|known| known.jobs.len()) <= JOBS);
        let blob: Arc<[u8]> = encode_array(&matrix(300, 1), Compression::Fast).unwrap().into();
        let each = Reference::new(Arc::clone(&blob)).unwrap().size();
        for job in 0..KEPT / each + 5 {
            samples.know(&job.to_string(), "pae", Arc::clone(&blob));
        }
        assert_eq!(samples.lock(|known| known.matrices.len()), KEPT / each);
        assert!(samples.find("0", "pae", &[300, 300]).is_none(), "the oldest went");
    }
}
