//! Explains failures of TLS and of proxies, and says what to do about each.

use std::error::Error;
use std::io;

use crate::http::{HeaderMap, header};
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error as TlsError};

/// The most sign-in schemes that are read from a proxy's answer.
const MOST_OFFERS: usize = 8;

/// The explanation of a failure, if the user can do something about it. `chain` is the text of the error
/// and all its causes. `rootless` means that this machine has no certificate authority.
pub(in crate::http) fn advice(
    error: &(dyn Error + 'static),
    chain: &str,
    rootless: bool,
) -> Option<String> {
    match tls_error(error) {
        Some(error) => tls(error, rootless),
        None => tunnel(chain),
    }
}

/// The TLS error among the causes of an error. `io::Error::source` skips the error that it wraps, so that
/// one is looked at as well.
pub(in crate::http) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<TlsError>() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn tls(error: &TlsError, rootless: bool) -> Option<String> {
    Some(match error {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) if rootless => {
            "this machine knows no certificate authority: install the package `ca-certificates`, or \
             name a file of them with `--ca-file`"
                .to_owned()
        }
        TlsError::InvalidCertificate(error) => certificate(error),
        TlsError::AlertReceived(alert) => alert_received(*alert)?,
        TlsError::PeerIncompatible(why) => format!(
            "the server offers no way of TLS 1.2 or 1.3 that is safe ({why:?}): those who run it \
             have to"
        ),
        TlsError::InvalidMessage(_) => "what answers does not speak TLS: the port may be one for \
                                        plain `http`, or something on the way answers by itself; \
                                        check the URL and the proxy"
            .to_owned(),
        _ => return None,
    })
}

fn certificate(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => "the server's certificate is self-signed, or comes from an authority that \
                             is not trusted here: if it is your organisation's own, or that of a \
                             proxy which looks into TLS, name its file with `--ca-file`"
            .to_owned(),
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            "the server's certificate is self-signed: it is an authority's own, which no client takes \
             for that of a server; those who run the server have to give it one that is signed by an \
             authority, whose file is named with `--ca-file`"
                .to_owned()
        }
        E::BadSignature => "the server's certificate names an authority that is trusted here, and \
                            is self-signed or signed with another key than that authority's: name \
                            the file of the present authority with `--ca-file`"
            .to_owned(),
        E::ExpiredContext { time, not_after } => format!(
            "the server's certificate ended at {}, and it is {} by this machine's clock: if the \
             clock is right, those who run the server have to renew it",
            moment(*not_after),
            moment(*time)
        ),
        E::NotValidYetContext { time, not_before } => format!(
            "the server's certificate begins at {}, and it is {} by this machine's clock: check the \
             clock",
            moment(*not_before),
            moment(*time)
        ),
        E::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "the server's certificate is for {}, not for {}: check the host in the URL",
            names(presented),
            expected.to_str()
        ),
        E::Revoked => "the server's certificate was revoked: ask those who run the server".to_owned(),
        // Some of these messages have several lines.
        other => format!(
            "the server's certificate is not accepted ({}): ask those who run the server",
            crate::http::one_line(&other.to_string())
        ),
    }
}

fn alert_received(alert: AlertDescription) -> Option<String> {
    use AlertDescription as A;
    Some(match alert {
        A::CertificateRequired => "the server wants a client certificate: name it with \
                                   `--client-cert`, and its key with `--client-key`"
            .to_owned(),
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied
        | A::DecryptError => format!(
            "the server does not accept the client certificate, or wants one ({alert:?}): check \
             `--client-cert` and `--client-key`"
        ),
        A::HandshakeFailure => "the server broke off TLS: it may want a client certificate \
                                (`--client-cert`, `--client-key`), or have no cipher in common \
                                with us"
            .to_owned(),
        A::ProtocolVersion => "the server speaks versions of TLS before 1.2 only, which are not \
                               safe: those who run it have to offer a newer one"
            .to_owned(),
        A::UnrecognisedName => {
            "the server does not know the host by this name: check the host in the URL".to_owned()
        }
        _ => return None,
    })
}

/// Whether a proxy refuses a tunnel because it wants a sign-in. The type of this error is private to
/// hyper-util, so it is recognised by its text.
pub(in crate::http) fn is_proxy_sign_in(chain: &str) -> bool {
    chain.contains("proxy authorization required")
}

/// What to do about a proxy that wants a sign-in (407). `headers` are those of its answer; they are empty
/// if they are not known.
pub(in crate::http) fn proxy_sign_in(headers: &HeaderMap) -> String {
    let offers = headers.get_all(header::PROXY_AUTHENTICATE).into_iter();
    let offers = offers.take(MOST_OFFERS).filter_map(|offer| {
        let offer = String::from_utf8_lossy(offer.as_bytes());
        let scheme = offer.split_whitespace().next()?;
        Some(crate::http::one_line(scheme))
    });
    let offers: Vec<String> = offers.collect();
    if offers.is_empty()
        || offers
            .iter()
            .any(|offer| offer.eq_ignore_ascii_case("basic"))
    {
        return "the proxy wants a sign-in (407): put a name into the URL of `--proxy` (or HTTPS_PROXY), \
                and the password into OFFBOARD_PROXY_PASSWORD"
            .to_owned();
    }
    format!(
        "the proxy wants a sign-in (407) by {}, and only Basic is possible here: ask those who run the \
         proxy, or name another way out with `--proxy`",
        offers.join(" or ")
    )
}

/// The explanation of a proxy that cannot be reached or makes no tunnel.
fn tunnel(chain: &str) -> Option<String> {
    let (_, why) = chain.rsplit_once("tunnel error: ")?;
    Some(
        match why.strip_prefix("failed to create underlying connection") {
            Some(why) => {
                let why = why.trim_start_matches(": ");
                format!("the proxy cannot be reached ({why}): check `--proxy` (or HTTPS_PROXY)")
            }
            None => {
                format!("the proxy makes no way to the server ({why}): ask those who run the proxy")
            }
        },
    )
}

fn moment(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_second(seconds) {
        Ok(moment) => moment.to_string(),
        Err(_) => format!("second {seconds}"),
    }
}

/// The names of a certificate, which rustls writes as `DnsName("example.com")` or `IpAddress(127.0.0.1)`.
fn names(presented: &[String]) -> String {
    let inner = |name: &String| {
        let inside = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
        inside.trim_matches(['"', ')', '\\']).to_owned()
    };
    match presented {
        [] => "no name".to_owned(),
        some => crate::http::one_line(&some.iter().map(inner).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_error_is_found_in_whatever_wraps_it() {
        let error = TlsError::AlertReceived(AlertDescription::ProtocolVersion);
        let wrapped = io::Error::other(io::Error::other(error.clone()));
        assert_eq!(tls_error(&wrapped), Some(&error));
        assert_eq!(tls_error(&io::Error::other("x")), None);
    }

    #[test]
    fn a_self_signed_certificate_is_called_one() {
        let own = io::Error::other("invalid peer certificate: CaUsedAsEndEntity");
        let own = CertificateError::Other(rustls::OtherError(std::sync::Arc::new(own)));
        for error in [
            own,
            CertificateError::UnknownIssuer,
            CertificateError::BadSignature,
        ] {
            let words = certificate(&error);
            assert!(
                words.contains("self-signed") && words.contains("`--ca-file`"),
                "{words}"
            );
        }
    }

    #[test]
    fn the_schemes_of_a_proxy_are_named_if_basic_is_not_among_them() {
        let offers = |offers: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for offer in offers {
                headers.append(
                    header::PROXY_AUTHENTICATE,
                    header::HeaderValue::from_static(offer),
                );
            }
            proxy_sign_in(&headers)
        };
        let words = offers(&["Negotiate", "NTLM TlRM"]);
        assert!(
            words.contains("by Negotiate or NTLM, and only Basic"),
            "{words}"
        );
        for some in [&[][..], &["Negotiate", "basic realm=x"]] {
            assert!(offers(some).contains("OFFBOARD_PROXY_PASSWORD"));
        }
    }

    #[test]
    fn names_are_shown_as_people_write_them() {
        let presented = ["DnsName(\"a.example.com\")", "IpAddress(127.0.0.1)"].map(str::to_owned);
        assert_eq!(names(&presented), "a.example.com, 127.0.0.1");
        assert_eq!(names(&[]), "no name");
    }

    #[test]
    fn the_answers_of_proxies_are_explained() {
        let text = "error: client error (Connect): tunnel error: unsuccessful";
        assert!(tunnel(text).unwrap().contains("(unsuccessful)"));
        assert_eq!(tunnel("connection refused"), None);
    }
}
