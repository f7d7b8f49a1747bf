"""PE-online (Xaurum): attendance as XML for the service `WriteAttendance`. Serves V&VN (orgID 52) and KNMG-GAIA (orgID 19)."""
