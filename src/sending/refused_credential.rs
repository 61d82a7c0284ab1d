//! What follows when the provider refuses a credential (401). A pure rule.

/// Renewals of the credential for one request, at most.
const MOST_RENEWALS: u32 = 3;

/// What is known of a credential that was just refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialStanding {
    /// No request was ever served with it: it may be wrong.
    NeverWorked,
    /// A request was served with it, or with a newer one: it was good, and has ended.
    WorkedBefore,
}

/// What to do about a refused credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Renew it, then repeat the same request.
    Again,
    /// A fresh credential is refused too: sign-in does not help, and no request will be served.
    Wrong,
    /// Credentials that are good for other requests are refused for this one, again and again.
    RefusedForThisRequest,
}

/// Decides what follows when the credential of one request was refused `times` times in a row, the present
/// refusal included. The first refusal always leads to a renewal. A fresh credential that is refused is wrong,
/// unless other requests were served with it.
pub(crate) fn renewal_after(times: u32, refused: CredentialStanding) -> Renewal {
    match (times, refused) {
        (0 | 1, _) | (2..=MOST_RENEWALS, CredentialStanding::WorkedBefore) => Renewal::Again,
        (_, CredentialStanding::NeverWorked) => Renewal::Wrong,
        (_, CredentialStanding::WorkedBefore) => Renewal::RefusedForThisRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_renewed_once_and_three_times_if_it_was_good_before() {
        let after = |refused| [1, 2, 3, 4].map(|times| renewal_after(times, refused));
        let (again, wrong) = (Renewal::Again, Renewal::Wrong);
        assert_eq!(
            after(CredentialStanding::NeverWorked),
            [again, wrong, wrong, wrong]
        );
        let last = Renewal::RefusedForThisRequest;
        assert_eq!(
            after(CredentialStanding::WorkedBefore),
            [again, again, again, last]
        );
    }
}
