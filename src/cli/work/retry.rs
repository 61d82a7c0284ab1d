//! `offboard retry`: the failed users of a job once more.

use crate::cli::Exit;
use crate::cli::args::RetryArgs;
use crate::cli::failure::Failure;
use crate::cli::given::GivenFlags;
use crate::cli::job::{Manner, finish, pick_job, secret_source};
use crate::cli::terminal::Terminal;
use crate::cli::work::{progress, tell};
use crate::domain::Reason;
use crate::settings::Settings;

pub(in crate::cli) async fn retry(args: RetryArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let secret = secret_source(&settings.connection, terminal)?;
    let mut only = args.only;
    // Only what was typed for this very command chooses users: a variable or a file says why, for every
    // command alike.
    if GivenFlags::read().origin("reason").as_deref() == Some("--reason") {
        only.extend(codes(settings.grounds.reason.as_deref()));
    }
    let (mut ledger, job) = pick_job(&args.job, &settings).await?;
    let ambiguous = ledger.ambiguous(&job).await?;
    if ambiguous > 0 {
        terminal.warn(&format!(
            "{ambiguous} failed lines fit several users of the provider: they are not tried again; give \
             their ids in the roster, and start a new job with `offboard run --new`"
        ));
    }
    let manner = Manner {
        confirm: args.confirm.confirm,
        no_lookup: false,
        retry: Some(only),
        progress: progress(args.progress.progress(), terminal),
    };
    let done = finish(ledger, job, &manner, &settings, secret, terminal).await?;
    tell(&done, &settings, args.json, terminal).await?;
    Ok(done.exit)
}

/// `--reason` says why something is done; where it is made of nothing but codes, it says for whom.
fn codes(reason: Option<&str>) -> Vec<Reason> {
    let codes = reason.into_iter().flat_map(|text| text.split(','));
    let codes: Result<_, _> = codes.map(|code| code.trim().parse()).collect();
    codes.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_a_code_chooses_and_any_other_is_words() {
        let both = vec![Reason::ServerError, Reason::NoAnswer];
        assert_eq!(codes(Some("server_error, no_answer")), both);
        for words in [
            None,
            Some("the provider was down"),
            Some("server_error again"),
        ] {
            assert_eq!(codes(words), []);
        }
    }
}
