"""cmi5: content that a learning system launches (profile https://w3id.org/xapi/cmi5/v1.0; specification "Quartz", AICC).

Its verbs stand in the ADL vocabulary.
"""

from lrs.profiles import adl

VERBS = frozenset(
    {
        adl.ABANDONED,
        adl.COMPLETED,
        adl.FAILED,
        adl.INITIALIZED,
        adl.LAUNCHED,
        adl.PASSED,
        adl.SATISFIED,
        adl.TERMINATED,
        adl.WAIVED,
    }
)

BLOCK = "https://w3id.org/xapi/cmi5/activitytype/block"
COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"

# Categories: what says that a statement is one that cmi5 defines, and one that counts for moving on.
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON_CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/moveon"

LAUNCH_MODE = "https://w3id.org/xapi/cmi5/context/extensions/launchmode"
LAUNCH_PARAMETERS = "https://w3id.org/xapi/cmi5/context/extensions/launchparameters"
LAUNCH_URL = "https://w3id.org/xapi/cmi5/context/extensions/launchurl"
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/extensions/moveon"
SESSION_ID = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"
