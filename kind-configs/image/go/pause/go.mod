module fix-sans-lab/pause

go 1.24
