echo "fish: good morning"
