//! Verdict by verdict: the step that the policy chooses.

use std::num::NonZeroU32;
use std::time::Duration;

use RequestKind::{Read, Write};

use crate::domain::{Confirmation, Effect, Outcome, Reason, RequestKind, Verdict};
use crate::engine::attempt_policy::policy::{Aim, AttemptPolicy};
use crate::engine::attempt_policy::step::{Delivery, Step};
use crate::sending::CredentialStanding;

const MAX: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// Gives verdicts to the policy of a fresh user, and returns the last step.
fn play(in_doubt: bool, verdicts: &[(RequestKind, Verdict)]) -> Step {
    let effect = if in_doubt {
        Effect::Maybe
    } else {
        Effect::None
    };
    play_from(effect, verdicts)
}

/// The same for a user that earlier runs have written with this effect.
fn play_from(effect: Effect, verdicts: &[(RequestKind, Verdict)]) -> Step {
    let mut policy = AttemptPolicy::new(MAX, 0, effect, Aim::Change);
    let mut step = policy.first();
    for (kind, verdict) in verdicts {
        let expected = match step {
            Step::Write => Write,
            Step::Read => Read,
            Step::BackOff(kind, _) | Step::Hold(kind) | Step::Renew(kind) => kind,
            over => panic!("{over:?} before {verdict:?}"),
        };
        assert_eq!(*kind, expected, "asked for {step:?}");
        let again = matches!(step, Step::Hold(..) | Step::Renew(_));
        if *kind == Write && !again {
            policy.begin_write();
        }
        let delivery = match verdict {
            Verdict::Uncertain => Delivery::NoAnswer,
            _ => Delivery::Answered,
        };
        step = policy.after(*kind, *verdict, delivery, CredentialStanding::NeverWorked);
    }
    step
}

const FAIL: (RequestKind, Verdict) = (Write, Verdict::Transient(None));

#[test]
fn a_confirmed_write_settles() {
    let step = play(false, &[(Write, Verdict::Applied)]);
    assert_eq!(step, Step::Settle(Outcome::Removed(Confirmation::Body)));
}

#[test]
fn p4_after_a_lost_answer_the_user_is_read_before_anything_is_sent_again() {
    let lost = (Write, Verdict::Uncertain);
    assert_eq!(play(false, &[lost]), Step::Read);
    assert_eq!(
        play(false, &[lost, (Read, Verdict::Applied)]),
        Step::Settle(Outcome::Removed(Confirmation::Reread))
    );
    assert_eq!(
        play(false, &[lost, (Read, Verdict::Partial)]),
        Step::BackOff(Write, None)
    );
    assert_eq!(play(true, &[]), Step::Read);
    assert_eq!(play(true, &[(Read, Verdict::Partial)]), Step::Write);
}

#[test]
fn p2_a_success_that_changed_nothing_is_tried_once_more_and_fails() {
    let (write, read) = ((Write, Verdict::Partial), (Read, Verdict::Partial));
    // Some servers show a write late: the last read comes after the longest wait.
    let expected = [
        (write, Step::Read),
        (read, Step::BackOff(Write, Some(Duration::from_secs(1)))),
        (write, Step::Read),
        (read, Step::BackOff(Read, Some(Duration::from_secs(2)))),
        (read, Step::BackOff(Read, Some(Duration::from_secs(4)))),
        (read, Step::BackOff(Read, Some(Duration::from_secs(8)))),
        (read, Step::Settle(Outcome::Failed(Reason::NotApplied))),
    ];
    for length in 1..=expected.len() {
        let played: Vec<_> = expected[..length].iter().map(|(came, _)| *came).collect();
        assert_eq!(play(false, &played), expected[length - 1].1, "{length}");
    }
    let mut played: Vec<_> = expected.iter().map(|(came, _)| *came).collect();
    played[6] = (Read, Verdict::Applied);
    assert_eq!(
        play(false, &played),
        Step::Settle(Outcome::Removed(Confirmation::Reread))
    );
}

#[test]
fn p2_a_success_that_is_a_refusal_in_its_body_is_final_once_the_user_was_read() {
    let refused = (Write, Verdict::Refused(Reason::NotApplied));
    assert_eq!(play(false, &[refused]), Step::Read);
    for (verdict, expected) in [
        (Verdict::Partial, Outcome::Failed(Reason::NotApplied)),
        (Verdict::Applied, Outcome::Removed(Confirmation::Reread)),
        (Verdict::Unshown, Outcome::InDoubt(Reason::Unconfirmed)),
    ] {
        let found = play(false, &[refused, (Read, verdict)]);
        assert_eq!(found, Step::Settle(expected), "{verdict:?}");
    }
}

#[test]
fn a_server_that_fails_every_time_is_read_before_the_user_is_called_failed() {
    assert_eq!(play(false, &[FAIL, FAIL]), Step::BackOff(Write, None));
    assert_eq!(play(false, &[FAIL, FAIL, FAIL]), Step::BackOff(Read, None));
    let read = |verdict| play(false, &[FAIL, FAIL, FAIL, (Read, verdict)]);
    assert_eq!(
        read(Verdict::Partial),
        Step::Settle(Outcome::Failed(Reason::ServerError))
    );
    assert_eq!(
        read(Verdict::Applied),
        Step::Settle(Outcome::Removed(Confirmation::Reread))
    );
    let blind = [(Read, Verdict::Transient(None)); 3];
    let all: Vec<_> = [FAIL; 3].into_iter().chain(blind).collect();
    assert_eq!(
        play(false, &all),
        Step::AskTarget(Outcome::InDoubt(Reason::ServerError))
    );
}

#[test]
fn throttling_costs_no_attempt() {
    let throttled = [(Write, Verdict::Throttled(None)); 50];
    assert_eq!(play(false, &throttled), Step::Hold(Write));
}

#[test]
fn a_second_refusal_of_the_credential_ends_the_run_and_not_the_user() {
    let refused = (Write, Verdict::Unauthorized);
    assert_eq!(play(false, &[refused]), Step::Renew(Write));
    assert_eq!(play(false, &[refused, refused]), Step::Rejected);
    assert_eq!(play(false, &[refused, FAIL, refused]), Step::Renew(Write));
    let throttled = (Write, Verdict::Throttled(None));
    assert_eq!(play(false, &[refused, throttled, refused]), Step::Rejected);

    let mut policy = AttemptPolicy::new(MAX, 0, Effect::None, Aim::Change);
    let mut ended = || {
        policy.after(
            Write,
            Verdict::Unauthorized,
            Delivery::Answered,
            CredentialStanding::WorkedBefore,
        )
    };
    // Each fresh credential has served other requests before it ended: in the end, this user is refused.
    assert_eq!([ended(), ended(), ended()], [Step::Renew(Write); 3]);
    assert_eq!(ended(), Step::Settle(Outcome::Failed(Reason::Forbidden)));
}

#[test]
fn final_answers_settle() {
    for (reason, expected) in [
        (Reason::NotFound, Step::Read),
        (Reason::Forbidden, Step::Read),
        (
            Reason::BadRequest,
            Step::Settle(Outcome::Failed(Reason::BadRequest)),
        ),
        (Reason::NoTarget, Step::Read),
        (Reason::Conflict, Step::Read),
    ] {
        assert_eq!(play(false, &[(Write, Verdict::Refused(reason))]), expected);
    }
    let gone = (Write, Verdict::Refused(Reason::NoTarget));
    assert_eq!(
        play(false, &[gone, (Read, Verdict::Applied)]),
        Step::Settle(Outcome::Already)
    );
    let hidden = (Read, Verdict::Transient(None));
    let step = play(false, &[gone, hidden, hidden, hidden]);
    assert!(
        matches!(step, Step::AskTarget(Outcome::InDoubt(_))),
        "{step:?}"
    );
    // A refusal proves nothing about an earlier write that may have been applied.
    let refused = (Write, Verdict::Refused(Reason::Forbidden));
    assert_eq!(play(false, &[FAIL, refused]), Step::Read);
}

#[test]
fn a_conflict_is_worth_one_more_write() {
    let conflict = (Write, Verdict::Refused(Reason::Conflict));
    let unchanged = (Read, Verdict::Partial);
    assert_eq!(
        play(false, &[conflict, unchanged]),
        Step::BackOff(Write, None)
    );
    assert_eq!(
        play(false, &[conflict, unchanged, conflict]),
        Step::Settle(Outcome::Failed(Reason::Conflict))
    );
}

#[test]
fn a_user_with_no_attempt_left_is_only_read() {
    let mut policy = AttemptPolicy::new(MAX, 3, Effect::None, Aim::Change);
    assert_eq!(policy.first(), Step::Read);
    assert_eq!(
        policy.after(
            Read,
            Verdict::Partial,
            Delivery::Answered,
            CredentialStanding::NeverWorked
        ),
        Step::Settle(Outcome::Failed(Reason::NoAnswer))
    );
}

#[test]
fn what_never_left_costs_no_attempt() {
    let mut policy = AttemptPolicy::new(MAX, 0, Effect::None, Aim::Change);
    for step in [
        Step::BackOff(Write, None),
        Step::BackOff(Write, None),
        Step::BackOff(Write, None),
        Step::BackOff(Write, None),
    ] {
        policy.begin_write();
        assert_eq!(
            policy.after(
                Write,
                Verdict::Transient(None),
                Delivery::NotSent,
                CredentialStanding::NeverWorked
            ),
            step
        );
        policy.take_back_write();
    }
    assert_eq!(policy.writes(), 0);
    assert_eq!(policy.effect(), Effect::None);
}

#[test]
fn a_user_that_may_be_neither_written_nor_read_leads_to_a_question_about_the_role() {
    let forbidden = Verdict::Refused(Reason::Forbidden);
    let both = [(Write, forbidden), (Read, forbidden)];
    let failed = Outcome::Failed(Reason::Forbidden);
    assert_eq!(play(false, &both), Step::AskRole(failed));
    let doubt = Outcome::InDoubt(Reason::Forbidden);
    let after_a_failure = [FAIL, both[0], both[1]];
    assert_eq!(play(false, &after_a_failure), Step::AskRole(doubt));
    assert_eq!(play(true, &both[1..]), Step::AskRole(doubt));
    let shown = [(Write, forbidden), (Read, Verdict::Partial)];
    assert_eq!(play(false, &shown), Step::Settle(failed));
}

#[test]
fn p5_an_outage_gives_back_the_attempts_that_it_cost() {
    let mut policy = AttemptPolicy::new(MAX, 1, Effect::None, Aim::Change);
    for _ in 0..2 {
        policy.begin_write();
        policy.after(
            Write,
            Verdict::Transient(None),
            Delivery::Answered,
            CredentialStanding::NeverWorked,
        );
    }
    assert_eq!(policy.writes(), 3);
    policy.give_back_failures();
    assert_eq!(policy.writes(), 1);
    // Some servers store the change and fail.
    assert_eq!(policy.effect(), Effect::Maybe);
}

#[test]
fn p2_a_user_that_never_existed_is_not_called_deleted() {
    let missing = Verdict::Refused(Reason::NotFound);
    let mut policy = AttemptPolicy::new(MAX, 0, Effect::None, Aim::Delete);
    let step = policy.after(
        Read,
        missing,
        Delivery::Answered,
        CredentialStanding::NeverWorked,
    );
    assert_eq!(step, Step::Settle(Outcome::NotFound));
    // Shown once, or perhaps written by an earlier run: the user did exist.
    let mut shown = AttemptPolicy::new(MAX, 0, Effect::None, Aim::Delete);
    shown.after(
        Read,
        Verdict::Partial,
        Delivery::Answered,
        CredentialStanding::NeverWorked,
    );
    for mut policy in [
        shown,
        AttemptPolicy::new(MAX, 1, Effect::Maybe, Aim::Delete),
    ] {
        let step = policy.after(
            Read,
            missing,
            Delivery::Answered,
            CredentialStanding::NeverWorked,
        );
        assert!(
            matches!(step, Step::Settle(outcome) if outcome.confirmation().is_some() || outcome == Outcome::Already),
            "{step:?}"
        );
    }
}
