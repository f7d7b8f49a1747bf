"""What H5P content adds to the verbs of others (https://h5p.org/documentation/x-api; verbs of Activity Streams 1.0 where ADL has none)."""

from lrs.profiles import adl

CONSUMED = "http://activitystrea.ms/schema/1.0/consume"
CREATED = "http://activitystrea.ms/schema/1.0/create"
VERBS = frozenset(
    {
        CONSUMED,
        CREATED,
        adl.ANSWERED,
        adl.ATTEMPTED,
        adl.COMPLETED,
        adl.EXPERIENCED,
        adl.FAILED,
        adl.INITIALIZED,
        adl.INTERACTED,
        adl.MASTERED,
        adl.PASSED,
        adl.PROGRESSED,
        adl.SCORED,
    }
)

# In the definition of the activity: the content on its site, the part of it, the programme behind it.
LOCAL_CONTENT_ID = "http://h5p.org/x-api/h5p-local-content-id"
SUB_CONTENT_ID = "http://h5p.org/x-api/h5p-subContentId"
MACHINE_NAME = "https://h5p.org/x-api/h5p-machine-name"
