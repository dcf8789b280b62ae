// The module that a program is built from. `go install` refuses a module with replacements (Kubernetes, etcd), so each is
// required by a module of our own; Kubernetes' staging folders become the modules that are published from them.
module fix-sans-lab

go 1.24.0

${godebug}

require ${module} ${version}

${replaces}
