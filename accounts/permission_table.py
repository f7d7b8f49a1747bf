"""The table of who may do what, as docs/permissions.md shows it."""

from django.utils.translation import override

from accounts.permissions import ADMINISTRATORS, ALLOWED, GRANTABLE, Action, Role

INTRODUCTION = """# Who may do what

Made by `manage.py permissions_table` from `accounts/permissions.py`; a test fails when this page and the code differ. Do not edit it by hand.

A role counts only within its organisation: a teacher of one organisation sees nothing of another. What people may do with their own data
(their profile, progress, certificates, and who looked at them) needs no role and is not in the table. A superuser may do everything.
"""


def markdown() -> str:
    """The page, with a row for each action and a column for each role."""
    with override("nl"):
        head = ["what", *(str(role.label) for role in Role)]
        rows = [[f"{action.label} (`{action.value}`)", *("yes" if role in ALLOWED[action] else "" for role in Role)] for action in Action]
        second_step = ", ".join(str(role.label) for role in Role if role in ADMINISTRATORS)
        not_grantable = ", ".join(str(role.label) for role in Role if role not in GRANTABLE)
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])
    return f"""{INTRODUCTION}
{table}

## Roles that ask for a second step at log-in

{second_step}, and superusers (`MFA_REQUIRED_FOR_ADMINISTRATORS`).

## Giving roles

Who may manage members may give every role but {not_grantable}, which a superuser gives: an auditor watches the administrators. Nobody
gives themselves a role. Someone who does not belong to the organisation yet is invited and says yes first. The last
{Role.ASSOCIATION_ADMIN.value.replace("_", " ")} cannot lose that role. Every change is in the audit trail, and the person reads it under Inzage.
"""
