//! What one answer means: a pure function from a request and its answer, or the reason why there is none,
//! to exactly one verdict. It covers every case.
//!
//! A snapshot test lists the verdict of every status from 100 to 599 for reads and writes. Sources:
//! RFC 7644 §3.12 and §3.5.2, RFC 9110 §15, RFC 6585 §4, and Anaplan's list of SCIM status codes.

use std::time::Duration;

use crate::domain::{
    Answer, Content, Goal, IdRule, Operation, Reason, RequestKind, Silence, UserId,
};

/// What an answer, or its silence, means for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The answer's own body shows the user in the wanted state.
    Applied,
    /// The answer's own body shows everything that the last write asked for, and more writes are needed:
    /// this provider takes several requests for a user.
    Advanced,
    /// The server answered with success, and the body shows another state than the wanted one.
    Partial,
    /// The server answered with success. All that the body shows is as wanted, but it does not show every
    /// attribute that the change is about.
    Unshown,
    /// The answer to a read does not show the user: it is a proxy's page, another user, or empty.
    Unreadable,
    /// A final answer: the request was refused for this reason.
    Refused(Reason),
    /// The server cannot do it now. It may ask for a wait.
    Transient(Option<Duration>),
    /// The server asks for fewer requests. It may ask for a wait.
    Throttled(Option<Duration>),
    /// The credential is not valid, or no longer valid.
    Unauthorized,
    /// It is not known whether the write took effect. Only a read of the user can show it.
    Uncertain,
}

impl Verdict {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Advanced => "advanced",
            Self::Partial => "partial",
            Self::Unshown => "unshown",
            Self::Unreadable => "unreadable",
            Self::Refused(_) => "refused",
            Self::Transient(_) => "transient",
            Self::Throttled(_) => "throttled",
            Self::Unauthorized => "unauthorized",
            Self::Uncertain => "uncertain",
        }
    }
}

/// What an answer is judged against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The user of the request.
    pub user: &'a UserId,
    /// The goal of that user.
    pub goal: &'a Goal,
    /// The operations of the last write of this run for the user; empty if there was none.
    pub asked: &'a [Operation],
    /// How the provider compares ids.
    pub ids: IdRule,
}

/// Judges what came back for one request.
///
/// A status of success proves nothing by itself. `Applied` needs a body that shows this very user in the
/// wanted state, and a 207 never counts (at Anaplan, entitlements are kept in another store).
pub(crate) fn judge(
    kind: RequestKind,
    expected: Expected<'_>,
    result: &Result<Answer, Silence>,
) -> Verdict {
    let answer = match result {
        Ok(answer) => answer,
        Err(Silence::Unsendable(_)) => return Verdict::Refused(Reason::Unsendable),
        Err(Silence::Lost(_)) if kind == RequestKind::Write => return Verdict::Uncertain,
        Err(Silence::Lost(_) | Silence::NotSent(_) | Silence::Blocked(_)) => {
            return Verdict::Transient(None);
        }
    };
    match answer.status {
        207 if kind == RequestKind::Write => Verdict::Partial,
        200..=299 => judge_success(kind, expected, answer),
        300..=399 => Verdict::Refused(Reason::Redirected),
        401 => Verdict::Unauthorized,
        408 | 425 => Verdict::Transient(answer.wait),
        429 => Verdict::Throttled(answer.wait),
        400 if is_no_target(answer) => Verdict::Refused(Reason::NoTarget),
        403 | 407 | 451 => Verdict::Refused(Reason::Forbidden),
        // The page of a proxy, or of a wrong address, says nothing about a user.
        404 | 410 if matches!(answer.content, Content::Foreign(_)) => unknown(kind),
        // The group does not exist. Nothing is said about the user.
        404 | 410 if kind == RequestKind::Write && is_elsewhere(expected.asked) => {
            Verdict::Refused(Reason::NoTarget)
        }
        404 | 410 => Verdict::Refused(Reason::NotFound),
        405 | 501 | 505 => Verdict::Refused(Reason::Unsupported),
        409 | 423 => Verdict::Refused(Reason::Conflict),
        412 => Verdict::Refused(Reason::Changed),
        400..=499 => Verdict::Refused(Reason::BadRequest),
        500..=599 => Verdict::Transient(answer.wait),
        _ => unknown(kind),
    }
}

fn judge_success(kind: RequestKind, expected: Expected<'_>, answer: &Answer) -> Verdict {
    let Expected {
        user,
        goal,
        asked,
        ids,
    } = expected;
    match &answer.content {
        Content::User(state) if ids.is_same(user.as_str(), &state.id) => {
            if goal.is_met_by(state, ids) {
                Verdict::Applied
            } else if goal.may_be_met_by(state, ids) {
                Verdict::Unshown
            } else if !asked.is_empty() && asked.iter().all(|one| one.is_done_in(state, ids)) {
                Verdict::Advanced
            } else {
                Verdict::Partial
            }
        }
        // The status says success and the body says failure. Most likely nothing was done; a read shows it.
        Content::Other(problem) if problem.is_refusal && kind == RequestKind::Write => {
            Verdict::Refused(Reason::NotApplied)
        }
        // Another user, a proxy's page, or an empty body: the status alone proves nothing.
        _ => unknown(kind),
    }
}

/// Whether the write changes another resource than the user, such as a group.
fn is_elsewhere(asked: &[Operation]) -> bool {
    matches!(asked, [Operation::Leave(_) | Operation::Join(_)])
}

/// After a write without a usable answer the user must be read. A read without one is repeated.
fn unknown(kind: RequestKind) -> Verdict {
    match kind {
        RequestKind::Write => Verdict::Uncertain,
        RequestKind::Read | RequestKind::List => Verdict::Unreadable,
    }
}

fn is_no_target(answer: &Answer) -> bool {
    match &answer.content {
        Content::Other(problem) => problem
            .scim_type
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("noTarget")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::domain::{Access, Change, Credential, Problem, UserState};

    fn bare(status: u16, content: Content) -> Answer {
        Answer {
            status,
            content,
            resource: None,
            wait: None,
            allowance: None,
            request_id: None,
            credential: Credential(0),
        }
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the result of an exchange, which here is an answer"
    )]
    fn answer(status: u16, content: Content) -> Result<Answer, Silence> {
        Ok(bare(status, content))
    }

    fn verdict(kind: RequestKind, result: &Result<Answer, Silence>) -> Verdict {
        let change = Change::new(true, Access::RemoveAll).unwrap();
        let user = UserId::new("U1");
        let goal = change.goal().unwrap();
        let expected = Expected {
            user: &user,
            goal: &goal,
            asked: &[],
            ids: IdRule::IgnoreCase,
        };
        judge(kind, expected, result)
    }

    fn refusal() -> Content {
        Content::Other(Problem {
            is_refusal: true,
            ..Problem::default()
        })
    }

    fn state(id: &str, active: Option<bool>, workspaces: &[&str]) -> Content {
        Content::User(UserState {
            active,
            workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
            ..UserState::of(id)
        })
    }

    /// Ranges of statuses with the same verdict, one per line. The body is empty, so that only the status
    /// decides.
    fn table(kind: RequestKind) -> String {
        let mut lines = String::new();
        let mut from = 100;
        for status in 100..600 {
            let here = verdict(kind, &answer(status, Content::Empty));
            if status == 599 || verdict(kind, &answer(status + 1, Content::Empty)) != here {
                writeln!(lines, "{from}-{status} {here:?}").unwrap();
                from = status + 1;
            }
        }
        lines
    }

    #[test]
    fn every_status_of_a_write_has_one_verdict() {
        insta::assert_snapshot!(table(RequestKind::Write));
    }

    #[test]
    fn every_status_of_a_read_has_one_verdict() {
        insta::assert_snapshot!(table(RequestKind::Read));
    }

    #[test]
    fn p2_a_success_counts_only_when_its_body_shows_this_user_in_the_wanted_state() {
        use RequestKind::{Read, Write};
        for (kind, status, content, expected) in [
            (Write, 200, state("u1", Some(false), &[]), Verdict::Applied),
            (Read, 200, state("u1", Some(false), &[]), Verdict::Applied),
            (Write, 200, state("u1", Some(true), &[]), Verdict::Partial),
            (
                Write,
                200,
                state("u1", Some(false), &["w"]),
                Verdict::Partial,
            ),
            (Write, 200, state("u1", None, &[]), Verdict::Unshown),
            (Read, 200, state("u1", None, &[]), Verdict::Unshown),
            (Read, 200, state("u1", None, &["w"]), Verdict::Partial),
            (Read, 200, state("u1", Some(true), &["w"]), Verdict::Partial),
            (
                Write,
                200,
                state("u2", Some(false), &[]),
                Verdict::Uncertain,
            ),
            (
                Read,
                200,
                state("u2", Some(false), &[]),
                Verdict::Unreadable,
            ),
            (Write, 207, state("u1", Some(false), &[]), Verdict::Partial),
            (Write, 200, Content::Empty, Verdict::Uncertain),
            (Write, 204, Content::Empty, Verdict::Uncertain),
            (
                Write,
                200,
                Content::Broken("cut".into()),
                Verdict::Uncertain,
            ),
            (
                Write,
                200,
                Content::Other(Problem::default()),
                Verdict::Uncertain,
            ),
            (
                Read,
                200,
                Content::Other(Problem::default()),
                Verdict::Unreadable,
            ),
            (Write, 200, refusal(), Verdict::Refused(Reason::NotApplied)),
            (Read, 200, refusal(), Verdict::Unreadable),
        ] {
            let found = verdict(kind, &answer(status, content.clone()));
            assert_eq!(found, expected, "{kind:?} {status} {content:?}");
        }
    }

    #[test]
    fn p2_a_write_of_several_advances_only_if_its_own_part_is_shown() {
        let change = Change::new(true, Access::RemoveAll).unwrap();
        let goal = change.goal().unwrap();
        let user = UserId::new("u1");
        for (status, active, workspaces, expected) in [
            (200, true, &[][..], Verdict::Advanced),
            (200, false, &[], Verdict::Applied),
            (200, true, &["w"], Verdict::Partial),
            // A 207 says that a part of the request failed.
            (207, true, &[], Verdict::Partial),
        ] {
            let body = state("u1", Some(active), workspaces);
            let asked = [Operation::RemoveWorkspaces];
            let result = answer(status, body);
            let wanted = Expected {
                user: &user,
                goal: &goal,
                asked: &asked,
                ids: IdRule::Exact,
            };
            let found = judge(RequestKind::Write, wanted, &result);
            assert_eq!(found, expected, "{status} {active} {workspaces:?}");
        }
    }

    #[test]
    fn a_404_for_a_group_does_not_mean_that_the_user_is_missing() {
        let change = Change::new(true, Access::RemoveAll).unwrap();
        let goal = change.goal().unwrap();
        let user = UserId::new("u1");
        let leave = [Operation::Leave("g".to_owned())];
        let missing = answer(404, Content::Other(Problem::default()));
        let expected = Expected {
            user: &user,
            goal: &goal,
            asked: &leave,
            ids: IdRule::Exact,
        };
        let found = |kind| judge(kind, expected, &missing);
        let refused = Verdict::Refused;
        assert_eq!(found(RequestKind::Write), refused(Reason::NoTarget));
        assert_eq!(found(RequestKind::Read), refused(Reason::NotFound));
    }

    #[test]
    fn p2_only_the_scim_service_can_say_that_a_user_is_missing() {
        let page = Content::Foreign("404 Not Found".into());
        for (kind, content, expected) in [
            (RequestKind::Write, page.clone(), Verdict::Uncertain),
            (RequestKind::Read, page, Verdict::Unreadable),
            (
                RequestKind::Read,
                Content::Empty,
                Verdict::Refused(Reason::NotFound),
            ),
        ] {
            assert_eq!(verdict(kind, &answer(404, content)), expected);
        }
    }

    #[test]
    fn silence_is_uncertain_only_if_the_write_may_have_been_sent() {
        let not_sent = Err(Silence::NotSent("refused".into()));
        let lost = Err(Silence::Lost("reset".into()));
        assert_eq!(
            verdict(RequestKind::Write, &not_sent),
            Verdict::Transient(None)
        );
        assert_eq!(
            verdict(RequestKind::Read, &not_sent),
            Verdict::Transient(None)
        );
        assert_eq!(verdict(RequestKind::Write, &lost), Verdict::Uncertain);
        assert_eq!(verdict(RequestKind::Read, &lost), Verdict::Transient(None));
        let local = Err(Silence::Unsendable("no header can carry this".into()));
        for kind in [RequestKind::Write, RequestKind::Read] {
            let refused = Verdict::Refused(Reason::Unsendable);
            assert_eq!(verdict(kind, &local), refused);
        }
    }

    #[test]
    fn a_missing_target_has_its_own_reason_and_waits_are_passed_on() {
        let problem = |kind: &str| {
            Content::Other(Problem {
                scim_type: Some(kind.into()),
                ..Problem::default()
            })
        };
        let refused = |reason| Verdict::Refused(reason);
        let write = |content| verdict(RequestKind::Write, &answer(400, content));
        assert_eq!(write(problem("notarget")), refused(Reason::NoTarget));
        assert_eq!(write(problem("invalidPath")), refused(Reason::BadRequest));

        let wait = Some(Duration::from_secs(7));
        for (status, expected) in [
            (429, Verdict::Throttled(wait)),
            (503, Verdict::Transient(wait)),
        ] {
            let mut throttled = bare(status, Content::Empty);
            throttled.wait = wait;
            assert_eq!(verdict(RequestKind::Write, &Ok(throttled)), expected);
        }
    }
}
