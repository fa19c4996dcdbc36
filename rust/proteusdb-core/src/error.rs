//! One error type for the whole core.
//!
//! A kind says which class of the Python hierarchy the error becomes; the message says which record or file, what
//! was wrong, and what would be right. `context` puts the record or file in front as an error travels outwards:
//!
//! ```text
//! model.pdb: line 812: x coordinate "  nan   ": not a finite number
//! ^context   ^message
//! ```

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The classes of `proteusdb.errors`, one for one, and the interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A server or file cannot be reached or opened.
    Connection,
    /// `timeout` passed.
    Timeout,
    /// The caller's data are wrong.
    Validation,
    /// Disk full, quota, read-only and the like.
    Storage,
    /// Stored bytes are not what was written.
    Corruption,
    /// An expected version or a free id was not found as expected.
    Conflict,
    /// A query names an unknown field, or a pattern does not parse.
    Query,
    /// No prediction has this id.
    NotFound,
    /// The caller was asked to stop while it waited; the binding raises what asked.
    Interrupted,
}

/// What went wrong, for a person to read, with the class a program can act on.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    /// An error of `kind` with a message that names what was wrong and what would be right.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The class of the error.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The text without its class.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error with the record or file it concerns named in front.
    #[must_use]
    pub fn context(self, what: impl fmt::Display) -> Self {
        Self { kind: self.kind, message: format!("{what}: {}", self.message) }
    }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident;)*) => {
        impl Error {
            $($(#[$doc])* pub fn $name(message: impl Into<String>) -> Self { Self::new(Kind::$kind, message) })*
        }
    };
}

constructors! {
    /// [`Kind::Connection`].
    connection => Connection;
    /// [`Kind::Timeout`].
    timeout => Timeout;
    /// [`Kind::Validation`].
    validation => Validation;
    /// [`Kind::Storage`].
    storage => Storage;
    /// [`Kind::Corruption`].
    corruption => Corruption;
    /// [`Kind::Conflict`].
    conflict => Conflict;
    /// [`Kind::Query`].
    query => Query;
    /// [`Kind::NotFound`].
    not_found => NotFound;
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}
