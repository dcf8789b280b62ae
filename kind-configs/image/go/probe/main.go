// Package main asks, from inside a pod, what a pod asks of the API server: its name, its address, its certificate. It prints one
// line of JSON for each attempt, and never pulls, installs or writes anything.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

type result struct {
	OK        bool     `json:"ok"`
	Error     string   `json:"error,omitempty"`
	Serial    string   `json:"serial,omitempty"`
	Names     []string `json:"names,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Status    int      `json:"status,omitempty"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: probe wait | dns NAME | tls HOST:PORT | get URL, each with -n TIMES -ca FILE -server-name NAME")
		os.Exit(64)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	times := flags.Int("n", 1, "how many times, each on a new connection")
	ca := flags.String("ca", account+"ca.crt", "the CA to trust")
	serverName := flags.String("server-name", "", "the name to verify instead of the host")
	pause := flags.Duration("pause", 0, "between two attempts")
	_ = flags.Parse(os.Args[2:])
	attempts := map[string]func(string, *tls.Config) result{"dns": lookUp, "tls": shakeHands, "get": get}
	attempt, known := attempts[os.Args[1]]
	if !known {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
		<-stop
		return
	}
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(*ca); err == nil {
		roots.AppendCertsFromPEM(pem)
	}
	failed := false
	for range *times {
		seen := attempt(flags.Arg(0), &tls.Config{RootCAs: roots, ServerName: *serverName})
		failed = failed || !seen.OK
		line, _ := json.Marshal(seen)
		fmt.Println(string(line))
		time.Sleep(*pause)
	}
	if failed {
		os.Exit(1)
	}
}

func lookUp(name string, _ *tls.Config) result {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	return resultOf(result{Addresses: addresses}, err)
}

func shakeHands(address string, config *tls.Config) result {
	connection, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, config)
	if err != nil {
		return resultOf(result{}, err)
	}
	defer connection.Close()
	return resultOf(served(connection.ConnectionState()), nil)
}

// The way of client-go: the pod's own CA and token.
func get(url string, config *tls.Config) result {
	token, _ := os.ReadFile(account + "token")
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return resultOf(result{}, err)
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return resultOf(result{}, err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	seen := served(*response.TLS)
	seen.Status = response.StatusCode
	if response.StatusCode >= 400 {
		return resultOf(seen, fmt.Errorf("the answer is %s", response.Status))
	}
	return resultOf(seen, nil)
}

func served(state tls.ConnectionState) result {
	leaf := state.PeerCertificates[0]
	names := leaf.DNSNames
	for _, address := range leaf.IPAddresses {
		names = append(names, address.String())
	}
	return result{Serial: fmt.Sprintf("%X", leaf.SerialNumber), Names: names}
}

func resultOf(seen result, err error) result {
	seen.OK = err == nil
	if err != nil {
		seen.Error = err.Error()
	}
	return seen
}
