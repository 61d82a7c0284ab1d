//! The tables of a profile that say how a provider speaks, and what the profile says of itself.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::scim::Dialect;

/// What a profile says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// The provider's name.
    pub provider: String,
    /// Against which server the profile was tried, or `from documentation`.
    pub tried: String,
}

/// Reads a dialect, and looks for what makes no sense as a whole.
pub(super) fn checked<'de, D>(deserializer: D) -> Result<Option<Dialect>, D::Error>
where
    D: Deserializer<'de>,
{
    let dialect = Dialect::deserialize(deserializer)?;
    dialect.check().map_err(D::Error::custom)?;
    Ok(Some(dialect))
}
