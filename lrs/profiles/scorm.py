"""SCORM content that reports through xAPI (profile https://w3id.org/xapi/scorm, v1.1)."""

from lrs.profiles import adl

INTERACTED = "http://adlnet.gov/expapi/verbs/cmi.interacted"
VERBS = frozenset(
    {
        INTERACTED,
        adl.ANSWERED,
        adl.ASKED,
        adl.ATTEMPTED,
        adl.ATTENDED,
        adl.COMMENTED,
        adl.COMPLETED,
        adl.EXITED,
        adl.EXPERIENCED,
        adl.FAILED,
        adl.IMPORTED,
        adl.INITIALIZED,
        adl.INTERACTED,
        adl.LAUNCHED,
        adl.LOGGED_IN,
        adl.LOGGED_OUT,
        adl.MASTERED,
        adl.PASSED,
        adl.PREFERRED,
        adl.PROGRESSED,
        adl.REGISTERED,
        adl.RESPONDED,
        adl.RESUMED,
        adl.SCORED,
        adl.SHARED,
        adl.SUSPENDED,
        adl.TERMINATED,
        adl.VOIDED,
    }
)

ATTEMPT = "http://adlnet.gov/expapi/activities/attempt"

# Names of documents: two states and two profiles.
ACTIVITY_STATE = "https://w3id.org/xapi/scorm/activity-state"
ATTEMPT_STATE = "https://w3id.org/xapi/scorm/attempt-state"
ACTIVITY_PROFILE = "https://w3id.org/xapi/scorm/activity-profile"
AGENT_PROFILE = "https://w3id.org/xapi/scorm/agent-profile"
