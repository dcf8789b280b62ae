echo "cshrc: good morning"
