package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A provider that does not answer holds up nobody longer than they would wait.
func TestNobodyWaitsForAnother(t *testing.T) {
	asked, release := make(chan struct{}, 1), make(chan struct{})
	issuer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer issuer.Close()
	s := Settings{Kind: OpenID, ID: "uni", Name: "University", Issuer: issuer.URL, ClientID: "c", ClientSecret: "s"}
	p := New([]Settings{s}, "https://id.example", time.Now).Find("uni")
	first := make(chan error, 1)
	go func() {
		_, err := p.Authorize(t.Context(), Attempt{})
		first <- err
	}()
	<-asked
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := p.Authorize(gone, Attempt{}); !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("the second: %v", err)
	}
	close(release)
	if err := <-first; !errors.Is(err, ErrUnreachable) {
		t.Errorf("the first: %v", err)
	}
}
