package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/upstream"
)

func TestUpstreams(t *testing.T) {
	file := write(t, `
[[upstream]]
kind = "google"
client_id = "c"

[[upstream]]
kind = "oidc"
id = "my-uni"
name = "University"
issuer = "https://login.uni.example"
client_id = "d"
scopes = ["groups"]
`)
	c, err := Load(Sources{Flags: map[string]string{"config": file}, Environ: []string{
		"SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET=one", "SIGNET_UPSTREAM_MY_UNI_CLIENT_SECRET_FILE=" + write(t, "two\n"),
	}})
	want := []upstream.Settings{
		{ID: "google", Kind: upstream.Google, Name: "Google", Issuer: "https://accounts.google.com", ClientID: "c", ClientSecret: "one"},
		{ID: "my-uni", Kind: upstream.OpenID, Name: "University", Issuer: "https://login.uni.example", ClientID: "d", ClientSecret: "two", Scopes: []string{"groups"}},
	}
	if err != nil || !reflect.DeepEqual(c.Upstreams, want) {
		t.Errorf("got %+v, %v", c.Upstreams, err)
	}
}

func TestUpstreamProblems(t *testing.T) {
	file := write(t, `
[[upstream]]
kind = "google"
client_id = 7
client_sekret = "hush"
scopes = "openid"

[[upstream]]
kind = "google"
client_id = "c"
client_secret = "hush"
`)
	_, err := Load(Sources{Flags: map[string]string{"config": file}, Environ: []string{"SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET=hush", "SIGNET_UPSTREAM_GITHUB_CLIENT_SECRET=hush"}})
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	for _, part := range []string{
		"upstream 1: client_id is not text", "did you mean client_secret?", "scopes is not a list", "client_id is missing",
		"upstream 2 has a client_secret, and SIGNET_UPSTREAM_GOOGLE_CLIENT_SECRET is set", "upstream 2: id is another one's", "SIGNET_UPSTREAM_GITHUB_CLIENT_SECRET is not a setting",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no problem says %q:\n%v", part, err)
		}
	}
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("a problem shows a secret:\n%v", err)
	}
	if _, err := Load(Sources{Flags: map[string]string{"config": write(t, `upstream = "google"`)}}); err == nil || !strings.Contains(err.Error(), "[[upstream]]") {
		t.Errorf("no table: %v", err)
	}
}
