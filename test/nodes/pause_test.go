package nodes

import (
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/test/harness"
	"github.com/signet-auth/signet/test/journal"
)

// TestAPausedNodeTrustsNothingOldWhenItWakes stops a process, as a host that is
// suspended does, and revokes on another node meanwhile. Requests wait for the
// sleeper when it wakes, so what they get are the first answers that it gives.
func TestAPausedNodeTrustsNothingOldWhenItWakes(t *testing.T) {
	f := newFleet(t)
	sleeper := f.nodes[2]
	replayed, banned, deleted, rotated := f.newCustomer(t), f.newCustomer(t), f.newCustomer(t), f.newCustomer(t)
	bought := map[*customer]*purchase{}
	for _, c := range []*customer{replayed, banned, deleted, rotated} {
		p := c.buy(t, 0)
		c.use(t, &p)
		bought[c] = &p
	}

	sleeper.Pause()
	want(t, http.StatusBadRequest, "invalid_grant", func() (harness.Answer, error) {
		return replayed.at(0).Exchange(bought[replayed].code)
	})
	f.API(t, "POST", "/v1/users/"+banned.user+"/ban", nil)
	f.API(t, "DELETE", "/v1/oauth_applications/"+deleted.app.Application, nil)
	f.API(t, "POST", "/v1/oauth_applications/"+rotated.app.Application+"/rotate_secret", nil)
	<-time.After(time.Duration(journal.Number(t, "SIGNET_NODES_PAUSE", 3)) * time.Second)

	var first queue
	for _, c := range []*customer{replayed, banned, deleted} {
		p := bought[c]
		first.add(c.at(2), "an access token", func(at harness.Client) (harness.Answer, error) { return at.UserInfo(p.access) })
		first.add(c.at(2), "a refresh token", func(at harness.Client) (harness.Answer, error) { return at.Refresh(p.refresh, "") })
		first.add(c.at(2), "a code", func(at harness.Client) (harness.Answer, error) { return at.Exchange(p.code) })
	}
	first.add(rotated.at(2), "the old secret", func(at harness.Client) (harness.Answer, error) {
		return at.Refresh(bought[rotated].refresh, "")
	})
	first.sent.Wait()
	sleeper.Resume()
	first.answered.Wait()
	for _, problem := range first.problems {
		t.Error(problem)
	}
}

// A queue is requests that are sent and not yet answered.
type queue struct {
	sent, answered sync.WaitGroup
	mu             sync.Mutex
	problems       []string
}

// add sends a request that has to be refused.
func (q *queue) add(at harness.Client, what string, send func(harness.Client) (harness.Answer, error)) {
	q.sent.Add(1)
	at.HTTP = &http.Client{Transport: traced{sync.OnceFunc(q.sent.Done)}, Timeout: harness.Patience}
	q.answered.Go(func() {
		answer, err := send(at)
		refusal := answer.Text("error")
		if err == nil && (refusal == "invalid_grant" || refusal == "invalid_client" || refusal == "invalid_token") {
			return
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.problems = append(q.problems, fmt.Sprintf("the first answer to %s that is no more: %d %s %v", what, answer.Status, answer.Body, err))
	})
}

// traced tells when a request is on its way.
type traced struct{ wrote func() }

// RoundTrip implements http.RoundTripper.
func (x traced) RoundTrip(r *http.Request) (*http.Response, error) {
	defer x.wrote() // if it never got on its way, nobody shall wait for that
	own := &http.Transport{DisableKeepAlives: true}
	return own.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { x.wrote() },
	})))
}
