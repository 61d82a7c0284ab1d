//! The rails on numbers: how many users a command may write, and how large a share of the tenant's
//! active users. Pure rules (P7). A command that is above a rail sends no write.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A share of a whole, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share(u8);

/// The text is not a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a share: write {}", suggestion(text))]
pub struct ShareError {
    text: String,
}

/// The spelling to suggest: for a number that lacks its `%`, that number with the sign.
fn suggestion(text: &str) -> String {
    match text.trim().parse::<u8>() {
        Ok(percent @ 1..=100) => format!("`{percent}%`"),
        _ => "a whole percentage from `0%` to `100%`".to_owned(),
    }
}

impl Share {
    /// A share of this many per cent. A number above 100 counts as 100.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    fn is_exceeded(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 100 > u128::from(self.0) * u128::from(whole)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let percent = text.trim().strip_suffix('%').map(str::trim);
        match percent.and_then(|percent| percent.parse().ok()) {
            Some(percent @ 0..=100) => Ok(Self(percent)),
            _ => Err(ShareError {
                text: text.to_owned(),
            }),
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

/// How many users a command may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rails {
    /// The most users that a command may write.
    pub cap: u64,
    /// The largest share of the tenant's active users that a command may write.
    pub cap_share: Share,
}

impl Default for Rails {
    /// 500 users, and a fifth of the tenant's active users.
    fn default() -> Self {
        Self {
            cap: 500,
            cap_share: Share::percent(20),
        }
    }
}

/// How many users of a tenant are active, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveUsers {
    /// The number is not known.
    Unknown,
    /// At least this many: so many were seen, and there may be more.
    AtLeast(u64),
    /// Exactly this many.
    Exactly(u64),
}

/// How many users a command is about to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Users whom the command will write.
    pub to_write: u64,
    /// Of these, the users that are active now, or may be.
    pub active: u64,
    /// How many users of the tenant are active.
    pub tenant_active: ActiveUsers,
}

impl ActiveUsers {
    /// The number after this many of them were disabled.
    #[must_use]
    pub fn without(self, users: u64) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::AtLeast(of) => Self::AtLeast(of.saturating_sub(users)),
            Self::Exactly(of) => Self::Exactly(of.saturating_sub(users)),
        }
    }
}

/// A rail that a command is above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tripped {
    /// The command writes too many users.
    Cap {
        /// Users that the command would write.
        users: u64,
        /// The most users that are allowed.
        cap: u64,
    },
    /// The command writes too large a share of the tenant's active users.
    Share {
        /// Active users that the command would write.
        users: u64,
        /// Active users of the tenant.
        of: u64,
        /// Whether the tenant may have more active users than that.
        at_least: bool,
        /// The largest share that is allowed.
        share: Share,
    },
    /// The share cannot be computed, and what is not known is not allowed.
    UnknownShare {
        /// Active users that the command would write.
        users: u64,
        /// The provider's own count, if it is smaller than the users that are known to be active.
        counted: Option<u64>,
        /// The largest share that is allowed.
        share: Share,
    },
}

impl Rails {
    /// The rails that a command of this extent is above.
    pub fn tripped_by(self, extent: Extent) -> Vec<Tripped> {
        let mut tripped = Vec::new();
        if extent.to_write > self.cap {
            tripped.push(Tripped::Cap {
                users: extent.to_write,
                cap: self.cap,
            });
        }
        tripped.extend(self.share_tripped_by(extent));
        tripped
    }

    /// A share of 100 % allows everything. Below that, nothing is allowed if the count of active users is
    /// unknown, or smaller than the number of active users that the command would write.
    fn share_tripped_by(self, extent: Extent) -> Option<Tripped> {
        let (users, share) = (extent.active, self.cap_share);
        if users == 0 || share == Share::percent(100) {
            return None;
        }
        let (of, at_least) = match extent.tenant_active {
            ActiveUsers::Unknown => {
                return Some(Tripped::UnknownShare {
                    users,
                    counted: None,
                    share,
                });
            }
            ActiveUsers::Exactly(of) if of < users => {
                return Some(Tripped::UnknownShare {
                    users,
                    counted: Some(of),
                    share,
                });
            }
            // The users to be written are themselves part of the tenant.
            ActiveUsers::AtLeast(of) => (of.max(users), true),
            ActiveUsers::Exactly(of) => (of, false),
        };
        share.is_exceeded(users, of).then_some(Tripped::Share {
            users,
            of,
            at_least,
            share,
        })
    }

    /// How many active users the tenant must have, so that the share allows `users` of them. `None` if no
    /// number is large enough. 0 if the share is 100 %: then no count is needed.
    pub fn enough_active(self, users: u64) -> Option<u64> {
        match u64::from(self.cap_share.0) {
            0 => None,
            100.. => Some(0),
            percent => Some(users.saturating_mul(100).div_ceil(percent)),
        }
    }
}

impl Tripped {
    /// The flag, with its value, that would allow it.
    pub fn flag(self) -> String {
        match self {
            Self::Cap { users, .. } => format!("--cap {users}"),
            Self::Share { users, of, .. } => {
                let percent = (u128::from(users) * 100).div_ceil(u128::from(of.max(1)));
                format!("--cap-share {}%", percent.min(100))
            }
            Self::UnknownShare { .. } => "--cap-share 100%".to_owned(),
        }
    }
}

impl fmt::Display for Tripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cap { users, cap } => {
                write!(f, "{users} users are to be written, and the cap is {cap}")
            }
            Self::Share {
                users,
                of,
                at_least,
                share,
            } => {
                let least = if *at_least { "at least " } else { "" };
                write!(
                    f,
                    "{users} of the tenant's {least}{of} active users are to be written, which is more \
                     than {share}"
                )
            }
            Self::UnknownShare {
                users,
                counted,
                share,
            } => {
                write!(f, "{users} active users are to be written, and ")?;
                match counted {
                    None => f.write_str("the provider does not say how many users are active")?,
                    Some(counted) => write!(
                        f,
                        "the provider counts {counted} active users in all, which cannot be true"
                    )?,
                }
                write!(f, ", so it is not known whether that is more than {share}")
            }
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
            tenant_active: tenant_active.map_or(ActiveUsers::Unknown, ActiveUsers::Exactly),
        }
    }

    #[test]
    fn p7_each_rail_allows_its_limit_and_not_one_more() {
        let rails = Rails::default();
        assert_eq!(rails.tripped_by(extent(500, Some(2500))), []);
        let [cap, _] = rails.tripped_by(extent(501, None))[..] else {
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
    fn p7_an_unknown_share_is_not_allowed_and_100_percent_always_is() {
        use ActiveUsers::{AtLeast, Exactly, Unknown};
        for (active, of, tripped) in [
            (0, Unknown, false),
            (9, Unknown, true),
            (114, Exactly(48), true),
            (9, Exactly(45), false),
            (9, Exactly(44), true),
            (9, AtLeast(45), false),
            (9, AtLeast(10), true),
            (9, AtLeast(0), true),
        ] {
            let extent = Extent {
                to_write: active,
                active,
                tenant_active: of,
            };
            let found = Rails::default().tripped_by(extent);
            assert_eq!(!found.is_empty(), tripped, "{active} of {of:?}");
            let all = Rails {
                cap_share: Share::percent(100),
                ..Rails::default()
            };
            assert_eq!(all.tripped_by(extent), [], "{active} of {of:?}");
            for rail in found {
                let share = rail.flag().replace("--cap-share ", "");
                let named = Rails {
                    cap_share: share.parse().unwrap(),
                    ..Rails::default()
                };
                assert_eq!(named.tripped_by(extent), [], "{rail}");
            }
        }
        assert_eq!(Rails::default().enough_active(9), Some(45));
    }

    #[test]
    fn the_suggested_flag_allows_the_command() {
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
