"""Lints templates as `sam validate --lint` does, which hands the text to cfn-lint's API: one text a line in, its complaints a line out, both as JSON."""

import json
import logging
import sys

from cfnlint.api import ManualArgs, lint

logging.disable(logging.CRITICAL)
for line in sys.stdin:
    try:
        matches = lint(json.loads(line), config=ManualArgs(regions=["us-east-1"]))
        found = [f"{match.rule.id} {match.message}" for match in matches]
    except Exception as error:  # cfn-lint itself fails on some templates
        found = [f"cfn-lint fails: {type(error).__name__}"]
    print(json.dumps(sorted(set(found))), flush=True)
