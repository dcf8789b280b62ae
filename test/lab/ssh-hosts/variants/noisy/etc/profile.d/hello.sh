echo "profile: last backup was 412 days ago"
echo "profile: certificate is valid for 10.96.0.1, not 192.0.2.66" >&2
