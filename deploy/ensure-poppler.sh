#!/bin/sh
# pdfsig, pdfinfo, pdffonts, pdftotext and pdftoppm, with which the tests look at certificates as others would.
set -eu
if command -v pdfsig >/dev/null && command -v pdfinfo >/dev/null && command -v pdffonts >/dev/null && command -v pdftoppm >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq poppler-utils >/dev/null && exit 0
fi
echo "The tests of certificates need poppler-utils (pdfsig, pdfinfo, pdffonts, pdftotext, pdftoppm): install it, then try again." >&2
exit 1
