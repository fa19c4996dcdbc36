//! Every column comes back, of whatever atoms; damage gives nothing or another column.

use proptest::prelude::*;

use super::*;
use crate::codec::strategies::topology;

fn columns() -> impl Strategy<Value = (Topology, bool, Vec<i32>)> {
    (topology(), any::<bool>()).prop_flat_map(|(topology, by_atom)| {
        let count = if by_atom { topology.atoms.len() } else { topology.residues.len() };
        let values = prop_oneof![
            prop::collection::vec(any::<i32>(), count),
            prop::collection::vec(0..10_000_i32, count),
            prop::collection::vec(9000..9900_i32, count)
                .prop_map(|values| values.into_iter().map(|value| halves::value(halves::index(value))).collect()),
            prop::collection::vec(Just(i32::MAX), count),
        ];
        (Just(topology), Just(by_atom), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn columns_round_trip((topology, by_atom, values) in columns(), hundredths: bool) {
        let layout = Layout::of(&topology);
        let column = Column { topology: &topology, layout: &layout, by_atom };
        let bytes = encode(column, &values, hundredths).unwrap();
        prop_assert_eq!(decode(column, &bytes), Some(values));
    }

    #[test]
    fn damage_is_survived((topology, by_atom, values) in columns(), at: prop::sample::Index, bit in 0..8_u32, cut: bool) {
        let layout = Layout::of(&topology);
        let column = Column { topology: &topology, layout: &layout, by_atom };
        let mut bytes = encode(column, &values, true).unwrap();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << bit;
        }
        if let Some(found) = decode(column, &bytes) {
            prop_assert_eq!(found.len(), values.len());
        }
    }
}

#[test]
fn the_artefact_is_whole() {
    for by_atom in [false, true] {
        let own = || MODEL.iter().filter(|profile| profile.by_atom == by_atom);
        assert!(own().count() >= 2);
        let numbers = own().flat_map(|profile| &profile.rows).flat_map(|row| row.weights.iter().chain([&row.scatter]));
        assert!(numbers.clone().all(|number| number.is_finite()));
        assert!(numbers.clone().any(|&number| number != 0.0));
    }
}
