module fix-sans-lab/probe

go 1.24
