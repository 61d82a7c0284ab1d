//! Decides which request meets which fault.
//!
//! It draws exactly two random numbers for each request from one seeded generator, so that a run that sends
//! its requests in the same order meets the same faults. Faults that a test plans for a user come before
//! drawn ones. It knows nothing of HTTP.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::sandbox::fault::fault_settings::{FaultKind, FaultSettings};

/// The decision for one request.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Draw {
    /// How long the request takes.
    pub(crate) delay: Duration,
    /// What goes wrong.
    pub(crate) fault: Option<FaultKind>,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A call of the token service.
    TokenService,
    /// A SCIM call that changes nothing.
    Read,
    /// A SCIM write, and the id of its user.
    Write(u128),
}

/// The generator, and the planned faults of each user.
#[derive(Debug)]
pub(crate) struct Dice {
    faults: FaultSettings,
    generator: fastrand::Rng,
    script: HashMap<u128, VecDeque<FaultKind>>,
}

impl Dice {
    /// The same seed gives the same faults for the same order of requests.
    pub(crate) fn new(faults: FaultSettings, seed: u64) -> Self {
        let generator = fastrand::Rng::with_seed(seed ^ 0xd1ce);
        Self {
            faults,
            generator,
            script: HashMap::new(),
        }
    }

    /// Lets the next writes to one user meet these faults, in this order.
    pub(crate) fn plan(&mut self, user: u128, kinds: impl IntoIterator<Item = FaultKind>) {
        self.script.entry(user).or_default().extend(kinds);
    }

    /// Decides for one request.
    pub(crate) fn cast(&mut self, asker: Asker) -> Draw {
        let (point, stretch) = (self.generator.f64(), self.generator.f64());
        let latency = self.faults.latency;
        let delay = latency.fixed + latency.jitter.mul_f64(stretch);
        if asker == Asker::TokenService && !self.faults.token_service {
            return Draw::default();
        }
        let fault = self.scripted(asker).or_else(|| self.drawn(point));
        let fits = |kind: &FaultKind| match asker {
            Asker::TokenService => kind.fits_token_service(),
            Asker::Read => !kind.writes_only(),
            Asker::Write(_) => true,
        };
        Draw {
            delay,
            fault: fault.filter(fits),
        }
    }

    fn scripted(&mut self, asker: Asker) -> Option<FaultKind> {
        match asker {
            Asker::Write(user) => self.script.get_mut(&user)?.pop_front(),
            Asker::TokenService | Asker::Read => None,
        }
    }

    /// The kind whose part of the interval from 0 to 1 contains the point.
    fn drawn(&self, point: f64) -> Option<FaultKind> {
        let mut edge = 0.0;
        let sharing = FaultKind::ALL
            .into_iter()
            .filter(|kind| *kind != FaultKind::Outage);
        sharing.into_iter().find(|kind| {
            edge += self.faults.share(*kind);
            point < edge
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let draw = |seed| {
            let mut dice = Dice::new(FaultSettings::harsh(), seed);
            (0..400)
                .map(move |_| dice.cast(Asker::Write(1)))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn shares_are_kept() {
        let faults = FaultSettings::none()
            .with(FaultKind::Throttle, 0.1)
            .with(FaultKind::Empty204, 0.3);
        let mut dice = Dice::new(faults, 9);
        let drawn: Vec<_> = (0..20_000)
            .filter_map(|_| dice.cast(Asker::Write(1)).fault)
            .collect();
        let throttled = drawn
            .iter()
            .filter(|kind| **kind == FaultKind::Throttle)
            .count();
        let emptied = drawn
            .iter()
            .filter(|kind| **kind == FaultKind::Empty204)
            .count();
        assert!((1_800..2_200).contains(&throttled), "{throttled}");
        assert!((5_700..6_300).contains(&emptied), "{emptied}");
        assert_eq!(drawn.len(), throttled + emptied);
    }

    #[test]
    fn reads_and_sign_ins_meet_only_what_fits_them() {
        let mut dice = Dice::new(FaultSettings::none().with(FaultKind::Ignored200, 1.0), 1);
        assert_eq!(dice.cast(Asker::Read).fault, None);
        assert_eq!(
            dice.cast(Asker::Write(1)).fault,
            Some(FaultKind::Ignored200)
        );
        let mut dice = Dice::new(FaultSettings::none().with(FaultKind::Throttle, 1.0), 1);
        assert_eq!(dice.cast(Asker::TokenService).fault, None);
        assert_eq!(dice.cast(Asker::Read).fault, Some(FaultKind::Throttle));
        let mut faults = FaultSettings::none().with(FaultKind::Throttle, 1.0);
        faults.token_service = true;
        let mut dice = Dice::new(faults, 1);
        assert_eq!(
            dice.cast(Asker::TokenService).fault,
            Some(FaultKind::Throttle)
        );
    }

    #[test]
    fn scripted_faults_come_first_and_only_once() {
        let mut dice = Dice::new(FaultSettings::none(), 1);
        dice.plan(7, [FaultKind::ResetAfter, FaultKind::Multi207]);
        assert_eq!(dice.cast(Asker::Write(8)).fault, None);
        assert_eq!(
            dice.cast(Asker::Write(7)).fault,
            Some(FaultKind::ResetAfter)
        );
        assert_eq!(dice.cast(Asker::Write(7)).fault, Some(FaultKind::Multi207));
        assert_eq!(dice.cast(Asker::Write(7)).fault, None);
    }
}
