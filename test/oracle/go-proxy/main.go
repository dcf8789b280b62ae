// Asks Go's own rules which proxy it takes for an endpoint: one JSON question a line in, one JSON answer a line out.
package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

type question struct {
	HTTPS string `json:"https"`
	None  string `json:"none"`
	Host  string `json:"host"`
	Port  string `json:"port"`
}

type answer struct {
	Scheme string `json:"scheme,omitempty"`
	Host   string `json:"host,omitempty"`
	Port   string `json:"port,omitempty"`
	User   string `json:"user,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		config := httpproxy.Config{HTTPSProxy: asked.HTTPS, NoProxy: asked.None}
		target := &url.URL{Scheme: "https", Host: net.JoinHostPort(asked.Host, asked.Port)}
		proxy, err := config.ProxyFunc()(target)
		if err != nil {
			panic(err)
		}
		var reply answer
		if proxy != nil {
			reply = answer{Scheme: proxy.Scheme, Host: proxy.Hostname(), Port: proxy.Port(), User: proxy.User.String()}
		}
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
	}
}
