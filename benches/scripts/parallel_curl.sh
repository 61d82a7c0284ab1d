#!/usr/bin/env bash
# GNU parallel and curl, as someone who knows both would write it: six at a time, three attempts each, a log
# of the jobs, and `--resume-failed`, so that a second start leaves out what succeeded.
#
# usage: parallel_curl.sh ROSTER SCIM_URL AUTH_URL USERNAME    the password is in PASSWORD
set -euo pipefail
roster=$1 scim_url=$2 auth_url=$3 username=$4
TOKEN=$(curl -sS --fail -X POST -u "$username:$PASSWORD" "$auth_url/token/authenticate" |
    sed 's/.*"tokenValue":"\([^"]*\)".*/\1/')
export TOKEN
export CHANGE='{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}'
# The fourth column has the id; the cells of this file contain no commas.
tail -n +2 "$roster" | cut -d, -f4 | tr -d '"' |
    parallel --will-cite -j 6 --retries 3 --joblog jobs.log --resume-failed \
        'curl -sS --fail --max-time 30 -o /dev/null -X PATCH -H "Authorization: AnaplanAuthToken $TOKEN" -H "Content-Type: application/scim+json" -d "$CHANGE" '"$scim_url"'/Users/{}'
