package storetest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var requestPromises = map[string]func(*testing.T, Store){
	"a request is claimed once":                    claimedOnce,
	"an answer is kept as it was":                  answerIsKept,
	"a request that was released can be claimed":   releasedRequest,
	"a request can be claimed again after a lease": leaseIsOver,
	"expired requests are forgotten":               expiredRequests,
}

func claim(by byte) store.Claim {
	return store.Claim{
		ID: store.Hash{1}, Request: store.Hash{2}, By: [16]byte{by},
		LeaseUntil: now.Add(time.Minute), ExpiresAt: now.Add(24 * time.Hour),
	}
}

// claims wants a claim to succeed or not.
func claims(t *testing.T, s store.Requests, c store.Claim, at time.Time, want bool) store.KeptRequest {
	t.Helper()
	kept, claimed, err := s.ClaimRequest(t.Context(), c, at)
	if err != nil || claimed != want {
		t.Errorf("claimed is %v, %v, want %v", claimed, err, want)
	}
	return kept
}

func claimedOnce(t *testing.T, s Store) {
	var claimed atomic.Int32
	for _, err := range together(50, func(i int) error {
		kept, ok, err := s.ClaimRequest(t.Context(), claim(byte(i)), now)
		if ok {
			claimed.Add(1)
		} else if err == nil && (kept.Answered || kept.Request != claim(0).Request) {
			t.Errorf("a loser got %+v, want a request under way", kept)
		}
		return err
	}) {
		must(t, err)
	}
	if n := claimed.Load(); n != 1 {
		t.Errorf("%d callers claimed one request, want 1", n)
	}
	other := claim(99)
	other.ID = store.Hash{9}
	claims(t, s, other, now, true)
}

func answerIsKept(t *testing.T, s Store) {
	claims(t, s, claim(1), now, true)
	must(t, s.FinishRequest(t.Context(), claim(1), []byte{0, 1, 0xff}))
	want := store.KeptRequest{Request: claim(1).Request, Answered: true, Answer: []byte{0, 1, 0xff}}
	for _, at := range []time.Time{now, now.Add(23 * time.Hour)} {
		if diff := cmp.Diff(want, claims(t, s, claim(2), at, false)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	for name, err := range map[string]error{
		"another claim": s.FinishRequest(t.Context(), claim(2), []byte{7}),
		"once more":     s.FinishRequest(t.Context(), claim(1), []byte{7}),
	} {
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("finishing, %s: got %v, want ErrConflict", name, err)
		}
	}
	must(t, s.ReleaseRequest(t.Context(), claim(1))) // what is answered stays
	if diff := cmp.Diff(want, claims(t, s, claim(2), now, false)); diff != "" {
		t.Errorf("after releasing (-want +got)\n%s", diff)
	}
	claims(t, s, claim(3), now.Add(24*time.Hour), true) // it has expired
}

func releasedRequest(t *testing.T, s Store) {
	claims(t, s, claim(1), now, true)
	must(t, s.ReleaseRequest(t.Context(), claim(2)))
	claims(t, s, claim(2), now, false)
	must(t, s.ReleaseRequest(t.Context(), claim(1)))
	claims(t, s, claim(2), now, true)
	must(t, s.FinishRequest(t.Context(), claim(2), []byte{}))
	if kept := claims(t, s, claim(3), now, false); !kept.Answered || len(kept.Answer) != 0 {
		t.Errorf("got %+v, want an empty answer", kept)
	}
}

func leaseIsOver(t *testing.T, s Store) {
	claims(t, s, claim(1), now, true)
	late := now.Add(time.Minute)
	other := claim(2)
	other.Request, other.LeaseUntil = store.Hash{3}, late.Add(time.Minute)
	claims(t, s, other, late, false) // another request waits until the first expires
	var claimed atomic.Int32
	for _, err := range together(20, func(i int) error {
		c := claim(byte(10 + i))
		c.LeaseUntil = late.Add(time.Minute)
		_, ok, err := s.ClaimRequest(t.Context(), c, late)
		if ok {
			claimed.Add(1)
		}
		return err
	}) {
		must(t, err)
	}
	if n := claimed.Load(); n != 1 {
		t.Errorf("%d callers claimed one request after its lease, want 1", n)
	}
	if err := s.FinishRequest(t.Context(), claim(1), []byte{7}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("finishing after the lease: got %v, want ErrConflict", err)
	}
}

func expiredRequests(t *testing.T, s Store) {
	for n := range byte(5) {
		c := claim(n)
		c.ID = store.Hash{n}
		claims(t, s, c, now, true)
	}
	if n, err := s.DeleteExpiredRequests(t.Context(), now.Add(24*time.Hour), 3); n != 0 || err != nil {
		t.Errorf("forgot %d, %v, want none", n, err)
	}
	for _, want := range []int{3, 2, 0} {
		if n, err := s.DeleteExpiredRequests(t.Context(), now.Add(25*time.Hour), 3); n != want || err != nil {
			t.Errorf("forgot %d, %v, want %d", n, err, want)
		}
	}
}
