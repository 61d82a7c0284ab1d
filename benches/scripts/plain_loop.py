"""The usual script: a loop of requests, one at a time. It has the form, and the faults, of scripts that are
passed around for this work: a request that raises leaves the answer of the user before in `response`, an
answer other than 200 is logged below the level that is shown, and nothing is kept for a second start.

usage: plain_loop.py ROSTER SCIM_URL AUTH_URL USERNAME    the password is in PASSWORD
"""

import csv
import logging
import os
import sys

import requests

roster, scim_url, auth_url, username = sys.argv[1:]
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
logging.getLogger("urllib3").setLevel(logging.WARNING)
answer = requests.post(auth_url + "/token/authenticate", auth=(username, os.environ["PASSWORD"]), timeout=(5, 30))
answer.raise_for_status()
headers = {
    "Authorization": "AnaplanAuthToken " + answer.json()["tokenInfo"]["tokenValue"],
    "Content-Type": "application/json",
}
change = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [
        {"op": "remove", "path": "entitlements"},
        {"op": "replace", "path": "active", "value": False},
    ],
}
with open(roster, newline="", encoding="utf-8") as lines:
    for line in csv.DictReader(lines):
        user = line["User ID"]
        try:
            response = requests.patch(f"{scim_url}/Users/{user}", json=change, headers=headers, timeout=(5, 30))
        except requests.exceptions.RequestException as error:
            logging.error("request failed: %s", type(error).__name__)
        if response.status_code == 200:
            logging.info("success %s", user)
        else:
            logging.debug("failed %s: %s", user, response.text)
