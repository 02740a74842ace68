package nodes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/test/harness"
)

// A receiver answers when its gate is open, and remembers what it has answered.
type receiver struct {
	gate chan struct{}

	mu      sync.Mutex
	waiting int
	got     map[string]int // messages by the id of their object
	ids     map[string]string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var event struct {
		ID       string `json:"id"`
		ObjectID string `json:"object_id"`
	}
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = json.Unmarshal(body, &event)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.count(1)
	defer r.count(-1)
	select {
	case <-r.gate:
	case <-request.Context().Done(): // whoever sent it is gone
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[event.ObjectID]++
	r.ids[event.ObjectID] = event.ID
}

func (r *receiver) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting += n
}

// saw counts the messages that wait, and the objects that were heard of.
func (r *receiver) saw() (waiting, got int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting, len(r.got)
}

// A node dies with messages on their way. What it was about to send is sent by the
// others, and the feed has it too.
func TestNoEventDiesWithANode(t *testing.T) {
	f := newFleet(t)
	r := &receiver{gate: make(chan struct{}), got: map[string]int{}, ids: map[string]string{}}
	at := httptest.NewServer(r)
	t.Cleanup(at.Close)
	hook := f.API(t, "POST", "/v1/webhooks", map[string]any{"url": at.URL, "event_types": []string{"user.created"}})
	const users = 30
	made := map[string]bool{}
	for i := range users {
		made[f.at(i%3).CreateUser(t, map[string]any{"username": fmt.Sprintf("user_%d", i)})] = true
	}
	harness.Eventually(t, harness.Patience, func() bool { waiting, _ := r.saw(); return waiting == 12 }) // four from each node
	f.nodes[1].Kill()
	harness.Eventually(t, harness.Patience, func() bool { waiting, _ := r.saw(); return waiting == 8 })
	close(r.gate)
	harness.Eventually(t, 90*time.Second, func() bool { _, got := r.saw(); return got == users })
	for id := range made {
		if r.got[id] == 0 {
			t.Errorf("nobody was told of %s", id)
		}
	}
	harness.Eventually(t, harness.Patience, func() bool {
		page := f.API(t, "GET", fmt.Sprintf("/v1/webhooks/%s/deliveries?limit=100&status=delivered", hook["id"]), nil)
		return len(page["data"].([]any)) == users
	})

	told, after := map[string]string{}, ""
	harness.Eventually(t, harness.Patience, func() bool {
		page := f.at(2).API(t, "GET", "/v1/events?type=user.created&limit=7&after="+url.QueryEscape(after), nil)
		for _, x := range page["data"].([]any) {
			e := x.(map[string]any)
			told[e["object_id"].(string)] = e["id"].(string)
		}
		after = page["next_cursor"].(string)
		return page["has_more"] == false && len(told) == users
	})
	for id, event := range told {
		if r.ids[id] != event {
			t.Errorf("%s was sent as %q and is %q in the feed", id, r.ids[id], event)
		}
	}
}
