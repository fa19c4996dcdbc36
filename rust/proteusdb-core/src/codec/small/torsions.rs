//! What torsions say of those that follow: psi of the next phi, the first of a side chain of its second.
//!
//! ```text
//! coded      mostly follows             and
//! phi        psi before                 phi before
//! psi        phi                        psi before
//! side 1     phi                        psi
//! side 2..   the side chain's last      the one before it
//! ```
//!
//! A context is the first in sixteenths of a turn, or unknown, and the second in quarters. The 64 bins are those of the coder.

use super::plan::{Role, Step};

/// The bin of a torsion that is not known.
const UNKNOWN: u8 = 64;

/// The torsions that were coded last in a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Torsions {
    phi: u8,
    psi: u8,
    /// Of the residue's side chain, the last first.
    side: [u8; 2],
}

impl Default for Torsions {
    fn default() -> Self {
        Self { phi: UNKNOWN, psi: UNKNOWN, side: [UNKNOWN; 2] }
    }
}

impl Torsions {
    /// Goes on to the next residue.
    #[inline]
    pub(super) fn turn(&mut self, linked: bool) {
        self.side = [UNKNOWN; 2];
        if !linked {
            *self = Self::default();
        }
    }

    /// The context of a step's torsion: which of its tables holds.
    #[inline(always)]
    pub(super) fn context(&self, step: &Step) -> u32 {
        let (first, second) = match step.role {
            Role::Phi => (self.psi, self.phi),
            Role::Psi => (self.phi, self.psi),
            Role::Side if self.side[0] == UNKNOWN => (self.phi, self.psi),
            Role::Side => (self.side[0], self.side[1]),
            Role::Other => return 0,
        };
        u32::from(first >> 2) * 4 + u32::from(second >> 4 & 3)
    }

    /// Remembers a torsion.
    #[inline(always)]
    pub(super) fn push(&mut self, step: &Step, bin: u8) {
        match step.role {
            Role::Phi => self.phi = bin,
            Role::Psi => self.psi = bin,
            Role::Side => self.side = [bin, self.side[0]],
            Role::Other => {}
        }
    }
}
