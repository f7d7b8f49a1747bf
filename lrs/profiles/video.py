"""What happens in a video player (profile https://w3id.org/xapi/video, v1.0.2)."""

from lrs.profiles import adl

PAUSED = "https://w3id.org/xapi/video/verbs/paused"
PLAYED = "https://w3id.org/xapi/video/verbs/played"
SEEKED = "https://w3id.org/xapi/video/verbs/seeked"
VERBS = frozenset({PAUSED, PLAYED, SEEKED, adl.COMPLETED, adl.INITIALIZED, adl.INTERACTED, adl.TERMINATED})

VIDEO = "https://w3id.org/xapi/video/activity-type/video"

# In the result.
PLAYED_SEGMENTS = "https://w3id.org/xapi/video/extensions/played-segments"
PROGRESS = "https://w3id.org/xapi/video/extensions/progress"
TIME = "https://w3id.org/xapi/video/extensions/time"
TIME_FROM = "https://w3id.org/xapi/video/extensions/time-from"
TIME_TO = "https://w3id.org/xapi/video/extensions/time-to"
# In the context.
COMPLETION_THRESHOLD = "https://w3id.org/xapi/video/extensions/completion-threshold"
FRAME_RATE = "https://w3id.org/xapi/video/extensions/frame-rate"
FULL_SCREEN = "https://w3id.org/xapi/video/extensions/full-screen"
LENGTH = "https://w3id.org/xapi/video/extensions/length"
PLAYBACK_SIZE = "https://w3id.org/xapi/video/extensions/video-playback-size"
QUALITY = "https://w3id.org/xapi/video/extensions/quality"
SCREEN_SIZE = "https://w3id.org/xapi/video/extensions/screen-size"
SESSION_ID = "https://w3id.org/xapi/video/extensions/session-id"
SPEED = "https://w3id.org/xapi/video/extensions/speed"
SUBTITLE_ENABLED = "https://w3id.org/xapi/video/extensions/cc-subtitle-enabled"
SUBTITLE_LANGUAGE = "https://w3id.org/xapi/video/extensions/cc-subtitle-lang"
TRACK = "https://w3id.org/xapi/video/extensions/track"
USER_AGENT = "https://w3id.org/xapi/video/extensions/user-agent"
VOLUME = "https://w3id.org/xapi/video/extensions/volume"
