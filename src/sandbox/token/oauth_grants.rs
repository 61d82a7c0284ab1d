//! The device codes that wait for approval, and the refresh tokens. It knows nothing of requests.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// A poll may arrive this much too early: client and server read their clocks at different moments.
const SLACK: Duration = Duration::from_millis(50);

/// How the OAuth service behaves, and the one client that it knows.
#[derive(Debug, Clone)]
pub struct OAuthRules {
    /// The client's id.
    pub client_id: String,
    /// Its secret, for client credentials. Without one that grant is refused.
    pub client_secret: Option<String>,
    /// Whether a refresh token is accepted once, and replaced by each use.
    pub rotation: bool,
    /// The time between two polls. A client that polls faster is asked to slow down by five seconds.
    pub interval: Duration,
    /// How long a code waits for approval.
    pub code_life: Duration,
    /// What the simulated person does, and at which poll. Without it a test or a browser approves codes.
    pub person: Option<(u32, Approver)>,
    /// Whether the account signs in by SSO, for which no code is given.
    pub sso: bool,
}

impl Default for OAuthRules {
    /// Rotation, a second between polls, 15 minutes for a code, no person to approve it.
    fn default() -> Self {
        Self {
            client_id: "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e".to_owned(),
            client_secret: None,
            rotation: true,
            interval: Duration::from_secs(1),
            code_life: Duration::from_mins(15),
            person: None,
            sso: false,
        }
    }
}

/// What a person does with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approver {
    /// Approves it.
    Approves,
    /// Declines it.
    Declines,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantDenial {
    /// The code waits for its approval: the client polls again.
    Pending,
    /// The poll came before the interval was over.
    TooFast,
    /// The code was not approved in its lifetime.
    Expired,
    /// The person declined the code.
    Declined,
    /// No code or refresh token of this value is alive.
    Unknown,
}

/// A refresh token that is sent with an access token.
#[derive(Debug)]
pub(crate) struct Refresh(pub(crate) String);

/// A device code and its user code, as they are sent.
#[derive(Debug)]
pub(crate) struct Code {
    /// The client polls with it.
    pub(crate) device: String,
    /// The person types it to approve the code.
    pub(crate) user: String,
}

#[derive(Debug)]
struct Waiting {
    user: String,
    ends: Instant,
    interval: Duration,
    last_poll: Instant,
    polls: u32,
    decision: Option<bool>,
}

/// All codes and refresh tokens.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    codes: HashMap<String, Waiting>,
    /// Refresh tokens that are alive.
    refreshes: Vec<String>,
    /// Polls that came too fast.
    pub(crate) too_fast: u64,
}

impl Grants {
    /// A new code.
    pub(crate) fn code(&mut self, rules: &OAuthRules) -> Code {
        let now = Instant::now();
        let code = Code {
            device: word(40),
            user: format!("{}-{}", word(4), word(4)).to_uppercase(),
        };
        let waiting = Waiting {
            user: code.user.clone(),
            ends: now + rules.code_life,
            interval: rules.interval,
            last_poll: now,
            polls: 0,
            decision: None,
        };
        self.codes.insert(code.device.clone(), waiting);
        code
    }

    /// Approves or declines a code; returns whether there is such a code.
    pub(crate) fn decide(&mut self, user: &str, approve: bool) -> bool {
        let code = self.codes.values_mut().find(|code| code.user == user);
        code.map(|code| code.decision = Some(approve)).is_some()
    }

    /// Approves or declines each code that waits; returns how many there were.
    pub(crate) fn decide_all(&mut self, approve: bool) -> usize {
        let waiting = self.codes.values_mut();
        waiting.map(|code| code.decision = Some(approve)).count()
    }

    /// One poll for a code.
    pub(crate) fn poll(
        &mut self,
        rules: &OAuthRules,
        device: &str,
    ) -> Result<Refresh, GrantDenial> {
        let now = Instant::now();
        let code = self.codes.get_mut(device).ok_or(GrantDenial::Unknown)?;
        if now >= code.ends {
            self.codes.remove(device);
            return Err(GrantDenial::Expired);
        }
        let early = now + SLACK < code.last_poll + code.interval;
        code.last_poll = now;
        code.polls += 1;
        if early {
            code.interval += Duration::from_secs(5);
            self.too_fast += 1;
            return Err(GrantDenial::TooFast);
        }
        if let Some((polls, person)) = rules.person
            && code.polls >= polls
        {
            code.decision = Some(person == Approver::Approves);
        }
        match code.decision {
            None => Err(GrantDenial::Pending),
            Some(approved) => {
                self.codes.remove(device);
                if approved {
                    Ok(self.new_refresh())
                } else {
                    Err(GrantDenial::Declined)
                }
            }
        }
    }

    /// One use of a refresh token.
    pub(crate) fn refresh(
        &mut self,
        rules: &OAuthRules,
        token: &str,
    ) -> Result<Refresh, GrantDenial> {
        let place = self.refreshes.iter().position(|alive| alive == token);
        let place = place.ok_or(GrantDenial::Unknown)?;
        if !rules.rotation {
            return Ok(Refresh(token.to_owned()));
        }
        self.refreshes.swap_remove(place);
        Ok(self.new_refresh())
    }

    fn new_refresh(&mut self) -> Refresh {
        let token = format!("rt-{}", word(40));
        self.refreshes.push(token.clone());
        Refresh(token)
    }
}

fn word(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}
