"""What H5P content adds to the verbs of others (https://h5p.org/documentation/x-api; verbs of Activity Streams 1.0 where ADL has none)."""

from lrs.profiles import adl

CONSUMED = "http://activitystrea.ms/schema/1.0/consume"
CREATED = "http://activitystrea.ms/schema/1.0/create"
# Of the buttons below the content. H5P writes them in ADL's namespace, where ADL has no such verbs.
ACCESSED_COPYRIGHT = "http://adlnet.gov/expapi/verbs/accessed-copyright"
ACCESSED_EMBED = "http://adlnet.gov/expapi/verbs/accessed-embed"
ACCESSED_REUSE = "http://adlnet.gov/expapi/verbs/accessed-reuse"
COPIED = "http://adlnet.gov/expapi/verbs/copied"
DOWNLOADED = "http://adlnet.gov/expapi/verbs/downloaded"
VERBS = frozenset(
    {
        ACCESSED_COPYRIGHT,
        ACCESSED_EMBED,
        ACCESSED_REUSE,
        CONSUMED,
        COPIED,
        CREATED,
        DOWNLOADED,
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

# The kind of content stands in a category: this, the name of the main library and its version, as in H5P.MultiChoice-1.16.
LIBRARY = "http://h5p.org/libraries/"
# In the definition of the activity: the content on its site, the part of it, the programme behind it.
LOCAL_CONTENT_ID = "http://h5p.org/x-api/h5p-local-content-id"
SUB_CONTENT_ID = "http://h5p.org/x-api/h5p-subContentId"
MACHINE_NAME = "https://h5p.org/x-api/h5p-machine-name"
