//! The rails on numbers: how many users a job may write at all, and how large a part of the tenant.
//! Pure rules (P7): above a rail nothing starts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of a whole, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share(u8);

/// The text is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share: write a whole percentage from `0%` to `100%`")]
pub struct ShareError(String);

impl Share {
    /// So many in a hundred; at most all of them.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    fn is_passed(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 100 > u128::from(self.0) * u128::from(whole)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let percent = text.trim().strip_suffix('%').map(str::trim);
        match percent.and_then(|percent| percent.parse().ok()) {
            Some(percent @ 0..=100) => Ok(Self(percent)),
            _ => Err(ShareError(text.to_owned())),
        }
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        share.to_string()
    }
}

impl TryFrom<String> for Share {
    type Error = ShareError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// How much a job may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rails {
    /// Users whom a job may write, at most.
    pub cap: u64,
    /// Which part of the tenant's active users a job may write, at most.
    pub cap_share: Share,
}

impl Default for Rails {
    /// 500 users, and a fifth of the tenant.
    fn default() -> Self {
        Self {
            cap: 500,
            cap_share: Share::percent(20),
        }
    }
}

/// How much a job is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Users whom the plan writes.
    pub to_write: u64,
    /// Of these, the ones who are active now.
    pub active: u64,
    /// Active users of the tenant, where the provider has told.
    pub tenant_active: Option<u64>,
}

/// A rail that a job is above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tripped {
    /// Too many users.
    Cap {
        /// Users whom the plan writes.
        users: u64,
        /// The most that are allowed.
        cap: u64,
    },
    /// Too large a part of the tenant.
    Share {
        /// Active users whom the plan writes.
        users: u64,
        /// Active users of the tenant.
        of: u64,
        /// The most that is allowed.
        share: Share,
    },
}

impl Rails {
    /// The rails that a job of this extent is above.
    pub fn tripped_by(self, extent: Extent) -> Vec<Tripped> {
        let mut tripped = Vec::new();
        if extent.to_write > self.cap {
            tripped.push(Tripped::Cap {
                users: extent.to_write,
                cap: self.cap,
            });
        }
        if let Some(of) = extent.tenant_active
            && self.cap_share.is_passed(extent.active, of)
        {
            tripped.push(Tripped::Share {
                users: extent.active,
                of,
                share: self.cap_share,
            });
        }
        tripped
    }
}

impl Tripped {
    /// The flag that would allow it.
    pub fn flag(self) -> String {
        match self {
            Self::Cap { users, .. } => format!("--cap {users}"),
            Self::Share { users, of, .. } => {
                let percent = (u128::from(users) * 100).div_ceil(u128::from(of.max(1)));
                format!("--cap-share {}%", percent.min(100))
            }
        }
    }
}

impl fmt::Display for Tripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cap { users, cap } => {
                write!(f, "{users} users are to be written, and the cap is {cap}")
            }
            Self::Share { users, of, share } => write!(
                f,
                "{users} of the tenant's {of} active users are to be written, which is more than \
                 {share}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(to_write: u64, tenant_active: Option<u64>) -> Extent {
        Extent {
            to_write,
            active: to_write,
            tenant_active,
        }
    }

    #[test]
    fn p7_each_rail_holds_at_its_very_edge() {
        let rails = Rails::default();
        assert_eq!(rails.tripped_by(extent(500, Some(2500))), []);
        let [cap] = rails.tripped_by(extent(501, None))[..] else {
            panic!("501 are one too many");
        };
        assert_eq!(cap.flag(), "--cap 501");
        let [share] = rails.tripped_by(extent(500, Some(2499)))[..] else {
            panic!("more than a fifth");
        };
        assert_eq!(share.flag(), "--cap-share 21%");
        assert_eq!(
            share.to_string(),
            "500 of the tenant's 2499 active users are to be written, which is more than 20%"
        );
        let both = rails.tripped_by(extent(501, Some(501)));
        assert_eq!(both.len(), 2);
        assert_eq!(both[1].flag(), "--cap-share 100%");
        let none = Rails {
            cap: 0,
            cap_share: Share::percent(0),
        };
        assert_eq!(none.tripped_by(extent(0, Some(0))), []);
        assert_eq!(none.tripped_by(extent(1, Some(10))).len(), 2);
    }

    #[test]
    fn the_flag_that_is_named_allows_it() {
        for (users, of) in [(1, 3), (2, 3), (7, 7), (1, 1000), (999, 1000)] {
            let rails = Rails {
                cap: 0,
                cap_share: Share::percent(0),
            };
            let tripped = rails.tripped_by(extent(users, Some(of)));
            let share = tripped[1].flag().replace("--cap-share ", "");
            let allowed = Rails {
                cap: users,
                cap_share: share.parse().unwrap(),
            };
            assert_eq!(
                allowed.tripped_by(extent(users, Some(of))),
                [],
                "{users}/{of}"
            );
        }
    }

    #[test]
    fn shares_read_back_from_their_text() {
        for text in ["0%", "20%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for text in ["", "20", "101%", "-1%", "1.5%", "%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
