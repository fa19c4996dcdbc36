//! The fast profile: coordinates as what chemistry does not predict, in Rice codes.
//!
//! ```text
//! position -> expected from three atoms (predict) -> residual -> zigzag -> Rice code (streams)
//!
//! weights     which three atoms, and how; fitted to predictions, one small artefact
//! recipe      for each shape of residue: the order of its atoms, and slots for positions
//! residues    what each residue is bound to, and which are coded together
//! spine       the walk along the backbone          groups     then through all other atoms, shape by shape
//! exchange    what encoder and decoder do alike, four atoms at once
//! parameters  how much a record scatters, twenty numbers of its own
//! grid        half floats       ensemble   further models against the first
//!
//! scale       decimals, and columns that were rounded on purpose       floats      float32 on no grid
//!
//! byte 0: way, decimals times 16
//! way 0 section of a plain column | 1 residuals | 2 residuals by half floats | 3 against the first model
//!     4 varint step, residuals of values divided by it | 5 bytes of residuals of thousandths, steps to float32
//!     plus 8: integers of the small profile in place of residuals | 14 within a largest error, of the small profile
//! ```

mod decode;
mod encode;
mod ensemble;
mod exchange;
mod floats;
pub(super) mod grid;
mod groups;
mod parameters;
mod predict;
mod recipe;
pub(super) mod residues;
pub(super) mod scale;
mod spine;
mod streams;
pub(super) mod weights;

use self::scale::Scale;
use super::residues::Layout;
use super::wire::{Reader, broken, put_bytes, put_varint};
use super::{Compression, section, small, structure};
use crate::error::Result;
use crate::record::{MAX_DECIMALS, Model, Numbers};

const STEP: &str = "structure coordinates";

const PLAIN: u8 = 0;
const RESIDUALS: u8 = 1;
const HALVES: u8 = 2;
const AGAINST: u8 = 3;
const STEPPED: u8 = 4;
const FLOATS: u8 = 5;
const BOUNDED: u8 = 6;
/// Added to a way whose integers the small profile coded.
const SMALL: u8 = 8;

/// Bytes an atom that the small profile seldom needs.
const UNUSUAL: usize = 3;

/// The coordinates of a model as bytes; `reference` are those of the first model, where it has the same atoms. A column that
/// came from [`within`] the same `precision` is short.
pub(super) fn encode_coords(
    model: &Model,
    layout: &Layout,
    reference: Option<&Numbers>,
    compression: Compression,
    precision: Option<f64>,
) -> Vec<u8> {
    let bounded = precision.filter(|_| compression == Compression::Small);
    if let Some(bytes) = bounded.and_then(|precision| encode_bounded(model, layout, precision)) {
        return bytes;
    }
    let modelled = match &model.coords {
        Numbers::Fixed { decimals, values } => encode_fixed(model, layout, reference, *decimals, values, compression),
        Numbers::Float(values) => encode_floats(model, layout, values, compression),
    };
    // Atoms that scatter like no molecule: a plain column may be shorter.
    let usual = 6 * model.topology.atoms.len();
    match modelled {
        Some(bytes) if bytes.len() <= usual => bytes,
        Some(bytes) => {
            let plain = encode_plain(model, compression);
            if plain.len() <= bytes.len() { plain } else { bytes }
        }
        None => encode_plain(model, compression),
    }
}

/// The coordinates within `precision` Å as the small profile codes them, shorter than any grid; `None` where they are not.
pub(super) fn within(model: &Model, layout: &Layout, precision: f64) -> Option<Numbers> {
    let Numbers::Fixed { decimals, values } = &model.coords else { return None };
    let column = small_column(model, layout, Scale::new(*decimals));
    let values = small::within(column, values, precision * 10_f64.powi(i32::from(*decimals)))?;
    Some(Numbers::Fixed { decimals: *decimals, values })
}

/// `None` where an atom costs so much that the column hardly came from [`within`].
fn encode_bounded(model: &Model, layout: &Layout, precision: f64) -> Option<Vec<u8>> {
    let Numbers::Fixed { decimals, values } = &model.coords else { return None };
    let column = small_column(model, layout, Scale::new(*decimals));
    let bytes = small::encode_bounded(column, values, precision * 10_f64.powi(i32::from(*decimals)))?;
    let mut out = vec![SMALL | BOUNDED | decimals << 4];
    out.extend(bytes);
    (out.len() < 3 * values.len() / 4 + 64).then_some(out)
}

fn small_column<'a>(model: &'a Model, layout: &'a Layout, scale: Scale) -> small::Column<'a> {
    small::Column { topology: &model.topology, layout, unit: f64::from(scale.thousandths()) }
}

fn encode_fixed(
    model: &Model,
    layout: &Layout,
    reference: Option<&Numbers>,
    decimals: u8,
    values: &[i32],
    compression: Compression,
) -> Option<Vec<u8>> {
    let alone = || {
        let scale = Scale::of(decimals, values);
        let mut out = Vec::with_capacity(values.len() + 8);
        if scale.step > 1 {
            let values: Vec<i32> = values.iter().map(|value| value / scale.step).collect();
            let (profile, bytes) = integers(model, layout, scale, &values, false, compression)?;
            out.push(profile | STEPPED | decimals << 4);
            put_varint(&mut out, u64::from(scale.step.unsigned_abs()));
            out.extend(bytes);
        } else {
            let half = decimals == 3 && grid::fits(values);
            let (profile, bytes) = integers(model, layout, scale, values, half, compression)?;
            out.push(profile | if half { HALVES } else { RESIDUALS } | decimals << 4);
            out.extend(bytes);
        }
        Some(out)
    };
    let against = match reference {
        Some(Numbers::Fixed { decimals: same, values: reference }) if *same == decimals => {
            let mut out = vec![AGAINST | decimals << 4];
            out.extend(ensemble::encode(reference, values));
            Some(out)
        }
        _ => None,
    };
    alone().into_iter().chain(against).min_by_key(Vec::len)
}

fn encode_floats(model: &Model, layout: &Layout, values: &[f32], compression: Compression) -> Option<Vec<u8>> {
    let near = floats::thousandths(values)?;
    let (profile, bytes) = integers(model, layout, Scale::new(3), &near, false, compression)?;
    let mut out = vec![profile | FLOATS];
    put_bytes(&mut out, &bytes);
    out.extend(floats::encode(values, &near));
    Some(out)
}

/// Integers in the small profile where that is asked for, else in this one; which, and the bytes.
fn integers(
    model: &Model,
    layout: &Layout,
    scale: Scale,
    values: &[i32],
    half: bool,
    compression: Compression,
) -> Option<(u8, Vec<u8>)> {
    let small = (compression == Compression::Small)
        .then(|| small::encode(small_column(model, layout, scale), values, half))
        .flatten();
    // Atoms that scatter like nothing it was trained on: this profile may be shorter.
    match small {
        Some(small) if small.len() < UNUSUAL * values.len() / 3 => Some((SMALL, small)),
        small => {
            let fast = encode::encode(&model.topology, layout, scale, values, half)?;
            Some(small.filter(|small| small.len() <= fast.len()).map_or((0, fast), |small| (SMALL, small)))
        }
    }
}

fn encode_plain(model: &Model, compression: Compression) -> Vec<u8> {
    let mut out = vec![PLAIN];
    section::put(&mut out, &structure::pack_numbers(&model.coords, 3), compression);
    out
}

/// The coordinates of these bytes; those of `model` are not looked at.
pub(super) fn decode_coords(
    model: &Model,
    layout: &Layout,
    reference: Option<&Numbers>,
    bytes: &[u8],
) -> Result<Numbers> {
    let mut reader = Reader::new(bytes, STEP);
    let first = reader.u8()?;
    let (way, profile, decimals) = (first & 7, first & SMALL, first >> 4);
    if way == PLAIN {
        let section = section::next(&mut reader, STEP)?;
        reader.finish()?;
        return structure::unpack_numbers(section, STEP, 3 * model.topology.atoms.len(), 3);
    }
    if decimals > MAX_DECIMALS {
        return Err(broken(STEP));
    }
    let integers = |scale: Scale, half, bytes: &[u8]| match profile {
        SMALL => small::decode(small_column(model, layout, scale), bytes, half),
        _ => decode::decode(&model.topology, layout, scale, bytes, half),
    };
    let alone = |scale, half, reader: &mut Reader<'_>| integers(scale, half, reader.rest());
    let fixed = |values: Option<Vec<i32>>| values.map(|values| Numbers::Fixed { decimals, values });
    let scale = Scale::new(decimals);
    let numbers = match (way, reference) {
        (RESIDUALS, _) => fixed(alone(scale, false, &mut reader)),
        (HALVES, _) => fixed(alone(scale, true, &mut reader)),
        (STEPPED, _) => {
            let step = i32::try_from(reader.varint()?).map_err(|_| broken(STEP))?;
            let values = alone(Scale { decimals, step }, false, &mut reader);
            fixed(values.map(|values| values.into_iter().map(|value| value.wrapping_mul(step)).collect()))
        }
        (AGAINST, Some(Numbers::Fixed { values, .. })) => fixed(ensemble::decode(values, reader.rest())),
        (BOUNDED, _) => fixed(small::decode_bounded(small_column(model, layout, scale), reader.rest())),
        (FLOATS, _) => {
            let near = integers(Scale::new(3), false, reader.bytes()?);
            near.and_then(|near| floats::decode(reader.rest(), &near)).map(Numbers::Float)
        }
        _ => None,
    };
    numbers.ok_or_else(|| broken(STEP))
}

#[cfg(test)]
mod tests;
