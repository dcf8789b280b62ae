# Debian's bash reads this for commands that sshd runs, without a terminal: noise lands in the middle of their output.
echo "bashrc: certificate is valid for 10.96.0.1, not 192.0.2.66"
printf 'bashrc: no newline at the end'
