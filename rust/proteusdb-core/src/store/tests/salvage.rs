//! What a salvage brings back of a damaged file is what was there; what it does not bring back, it names.

use super::pages::{lived, steps};
use super::*;

type Content = BTreeMap<(String, u32), (Prediction, Vec<Vec<u8>>)>;

/// Every version of every prediction with its bytes, and every analysis and model.
fn content(store: &Store) -> (Content, Vec<Analysis>, Vec<PredictionModel>) {
    let read = |snapshot: &Snapshot<'_>| {
        let mut all = Content::new();
        let ids = snapshot.tables.ids.iter(snapshot.txn)?.map(|entry| entry.map(|(id, _)| id.to_vec()));
        for id in ids.collect::<heed::Result<Vec<_>>>()? {
            for mut version in snapshot.history(std::str::from_utf8(&id).unwrap())? {
                let bytes = version.parts.iter().map(|part| snapshot.part(part).map(<[u8]>::to_vec));
                let bytes = bytes.collect::<Result<_>>()?;
                version.parts.iter_mut().for_each(|part| part.body = PartBody::Stored(0));
                all.insert((version.id.clone(), version.version), (version, bytes));
            }
        }
        let analyses = snapshot.analyses(None)?.into_iter().map(|id| Ok(snapshot.analysis(&id)?.unwrap()));
        let models = snapshot.list_models()?.into_iter().cloned().collect();
        Ok((all, analyses.collect::<Result<_>>()?, models))
    };
    store.read(read).unwrap()
}

/// Salvages bytes; what came back and the report.
fn salvaged(bytes: &[u8]) -> Result<(Content, Vec<Analysis>, Vec<PredictionModel>, Salvaged)> {
    let folder = TempDir::new().unwrap();
    let [damaged, new] = ["damaged.db", "new.db"].map(|name| folder.path().join(name));
    std::fs::write(&damaged, bytes).unwrap();
    let told = salvage(&damaged, &new, &mut |_, _| Ok(()));
    assert!(std::fs::read(&damaged).unwrap() == bytes, "the damaged file was changed");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1 + usize::from(told.is_ok()), "{names:?}");
    let told = told?;
    let store = Store::open(&new, &Options::default()).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    let (all, analyses, models) = content(&store);
    Ok((all, analyses, models, told))
}

fn sound() -> (Vec<u8>, (Content, Vec<Analysis>, Vec<PredictionModel>)) {
    let folder = TempDir::new().unwrap();
    let store = lived(&folder);
    let content = content(&store);
    (std::fs::read(store.path()).unwrap(), content)
}

/// All of it comes back.
fn whole(
    bytes: &[u8],
    (all, analyses, models): &(Content, Vec<Analysis>, Vec<PredictionModel>),
    what: &str,
) -> Salvaged {
    let (found, others, known, told) = salvaged(bytes).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert_eq!(found.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>(), "{what}: {:?}", told.lost);
    assert!(found == *all && others == *analyses && known == *models, "{what}");
    assert_eq!(told.saved.versions, all.len() as u64, "{what}");
    told
}

#[test]
fn of_a_sound_file_all_comes_back_and_nothing_is_lost() {
    let (bytes, content) = sound();
    let told = whole(&bytes, &content, "sound");
    assert_eq!((told.lost, told.pages.faults), (Vec::new(), Vec::new()));
}

#[test]
fn either_meta_page_will_do_and_every_branch_can_be_missed() {
    let (bytes, content) = sound();
    let flags = |page: usize| u16::from_le_bytes([bytes[page * 4096 + 10], bytes[page * 4096 + 11]]);
    let newest = usize::from(bytes[144] < bytes[4096 + 144]);
    let branches: Vec<usize> = (2..bytes.len() / 4096).filter(|&page| flags(page) == 1).collect();
    assert!(branches.len() >= 3, "{branches:?}");
    let mut strays = 0;
    for page in branches.iter().copied().chain([1 - newest]) {
        let mut damaged = bytes.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
        let told = whole(&damaged, &content, &format!("page {page}"));
        assert_eq!(told.lost, Vec::new(), "page {page}");
        strays += told.stray_pages;
    }
    assert!(strays > 0);
    // With the newest meta page goes the last commit; with both, what tells free pages from others.
    let mut damaged = bytes.clone();
    damaged[newest * 4096..(newest + 1) * 4096].fill(0);
    assert!(salvaged(&damaged).unwrap().0.len() + 41 > content.0.len());
    damaged[..8192].fill(0);
    let (found, .., told) = salvaged(&damaged).unwrap();
    assert!(content.0.iter().all(|(key, version)| found.get(key) == Some(version)), "{:?}", told.lost);
    assert!(told.lost.iter().any(|(what, _)| what == "the list of free pages"), "{:?}", told.lost);
}

#[test]
fn of_half_a_file_half_comes_back() {
    let (bytes, content) = sound();
    for part in [2, 3, 8] {
        let (found, .., told) = match salvaged(&bytes[..bytes.len() / part]) {
            Ok(found) => found,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Corruption, "{error:?}");
                continue;
            }
        };
        assert!(!told.lost.is_empty() && !told.pages.faults.is_empty());
        assert!(found.len() < content.0.len(), "{part}");
    }
    assert_eq!(salvaged(&[0; 100_000]).unwrap_err().kind(), Kind::Corruption);
    assert_eq!(salvaged(b"").unwrap_err().kind(), Kind::Corruption);
}

#[test]
fn a_flipped_bit_loses_what_it_hits_and_says_so() {
    let (bytes, content) = sound();
    let mut random = steps(11);
    let rounds = if std::env::var_os("PROTEUSDB_SOAK").is_some() { 3_000 } else { 6 };
    let mut lost = 0;
    for round in 0..rounds {
        let mut damaged = bytes.clone();
        let bit = random(bytes.len() as u64 * 8) as usize;
        let bit = if round % 2 == 0 { bit } else { bit / 32_768 * 32_768 + bit % 512 };
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (found, _, _, told) = salvaged(&damaged).unwrap_or_else(|error| panic!("bit {bit}: {error:?}"));
        let old = told.lost.iter().any(|(what, _)| what == "the list of free pages") || bit < 65_536;
        let wrong = found.iter().find(|(key, version)| !old && content.0.get(*key) != Some(version));
        assert!(wrong.is_none(), "bit {bit}: {wrong:?}");
        let missing = content.0.keys().filter(|key| !found.contains_key(*key)).count();
        assert!(missing == 0 || !told.lost.is_empty() || bit < 65_536, "bit {bit}: {missing} missing and none named");
        lost += missing;
    }
    println!("{rounds} bits flipped, {lost} versions of {} lost in all, each named", content.0.len());
    assert!(lost <= rounds * 24, "{lost}");
}
