//! Every column of integers comes back, whatever the atoms are called and wherever they are.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::codec::strategies::topology;
use crate::record::Topology;

fn model(topology: Topology, decimals: u8, values: Vec<i32>) -> Model {
    let atoms = topology.atoms.len();
    let column = Numbers::Fixed { decimals: 0, values: vec![0; atoms] };
    Model {
        number: 1,
        topology: Arc::new(topology),
        coords: Numbers::Fixed { decimals, values },
        b_factor: column.clone(),
        occupancy: column,
    }
}

fn round_trip(model: &Model, reference: Option<&Numbers>) -> Vec<u8> {
    let layout = Layout::of(&model.topology);
    let [_, bytes] = [Compression::Small, Compression::Fast].map(|compression| {
        let bytes = encode_coords(model, &layout, reference, compression, None);
        assert_eq!(decode_coords(model, &layout, reference, &bytes).unwrap(), model.coords);
        bytes
    });
    bytes
}

fn coordinates(atoms: usize) -> impl Strategy<Value = Vec<i32>> {
    prop_oneof![
        prop::collection::vec(any::<i32>(), 3 * atoms),
        prop::collection::vec(-40_000..40_000_i32, 3 * atoms),
        prop::collection::vec(-60_000..60_000_i32, 3 * atoms)
            .prop_map(|values| values.into_iter().map(|value| grid::value(grid::index(value))).collect()),
        (prop::collection::vec(-900..900_i32, 3 * atoms), 1..99_i32)
            .prop_map(|(values, step)| values.into_iter().map(|value| value * step).collect()),
        (any::<i32>(), -2000..2000_i32).prop_map(move |(start, step)| {
            (0..3 * atoms as i32).map(|index| start.wrapping_add(index.wrapping_mul(step))).collect()
        }),
    ]
}

fn with_floats(mut model: Model) -> Model {
    let Numbers::Fixed { values, .. } = &model.coords else { unreachable!() };
    model.coords = Numbers::Float(values.iter().map(|&value| value as f32 / 777.0).collect());
    model
}

fn models() -> impl Strategy<Value = (Model, Model)> {
    topology().prop_flat_map(|topology| {
        let atoms = topology.atoms.len();
        (Just(topology), 0..=MAX_DECIMALS, coordinates(atoms), coordinates(atoms)).prop_map(
            |(topology, decimals, first, second)| {
                (model(topology.clone(), decimals, first), model(topology, decimals, second))
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_coordinates_round_trip((first, second) in models()) {
        round_trip(&first, None);
        round_trip(&second, Some(&first.coords));
        round_trip(&with_floats(second), None);
        let Numbers::Fixed { decimals, values } = &first.coords else { unreachable!() };
        let layout = Layout::of(&first.topology);
        let bytes = encode::encode(&first.topology, &layout, Scale::new(*decimals), values, false).unwrap();
        prop_assert_eq!(decode::decode(&first.topology, &layout, Scale::new(*decimals), &bytes, false), Some(values.clone()));
    }

    #[test]
    fn damage_is_refused_or_decodes((first, second) in models(), at: prop::sample::Index, bit in 0..8_u32) {
        let layout = Layout::of(&first.topology);
        for reference in [None, Some(&second.coords)] {
            let mut bytes = encode_coords(&first, &layout, reference, Compression::Fast, None);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(found) = decode_coords(&first, &layout, reference, &bytes) {
                prop_assert_eq!(found.len(), first.coords.len());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused((first, _) in models(), way in 0..7_u8, bytes: Vec<u8>) {
        let layout = Layout::of(&first.topology);
        let _ = decode_coords(&first, &layout, Some(&first.coords), &[&[way | 3 << 4], bytes.as_slice()].concat());
    }
}

#[test]
fn a_model_that_hardly_moves_costs_hardly_anything() {
    let reference: Vec<i32> = (0..3000).map(|index| index * 517 % 40_000).collect();
    let moved: Vec<i32> = reference.iter().map(|value| value + 40).collect();
    let bytes = ensemble::encode(&reference, &moved);
    assert!(bytes.len() < 3000 / 7, "{} bytes for a shift of 1000 atoms", bytes.len());
    assert_eq!(ensemble::decode(&reference, &bytes), Some(moved));
}
