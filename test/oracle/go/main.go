// Asks Go's own verifier whether certificates cover names: one JSON question a line in, one JSON answer a line out.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"os"
)

type question struct {
	DER    []byte `json:"der"`
	Wanted string `json:"wanted"`
}

type answer struct {
	// Why Go cannot read the certificate at all.
	Unreadable string `json:"unreadable,omitempty"`
	Covered    bool   `json:"covered"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<22)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		certificate, err := x509.ParseCertificate(asked.DER)
		var reply answer
		if err != nil {
			reply.Unreadable = err.Error()
		} else {
			reply.Covered = certificate.VerifyHostname(asked.Wanted) == nil
		}
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
	}
}
