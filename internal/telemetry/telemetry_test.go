package telemetry

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	c := New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				c.SignedIn()
				c.SignInFailed()
				c.Issue("refresh_token")
				c.Issue("made-up")
				c.Refuse("invalid_grant")
				c.Refuse("made-up")
				c.Answer(Token, 200, 3*time.Microsecond)
				c.Answer(Pages, 404, time.Hour)
				c.Answer(Pages, 0, -time.Second)
			}
		})
	}
	wg.Wait()
	want := map[string]int64{
		"sign_in": 800, "sign_in_failed": 800, "issued/refresh_token": 800, "issued/other": 800, "refused/invalid_grant": 800, "refused/other": 800,
		"answered/token/2xx": 800, "answered/pages/4xx": 800, "answered/pages/2xx": 800, "took/token/3": 800, "took/pages/51": 800, "took/pages/0": 800,
	}
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBuckets(t *testing.T) {
	for us, want := range map[int64]int{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 5, 7: 5, 8: 6, 11: 6, 12: 7, 1 << 40: buckets - 1} {
		if got := bucketOf(time.Duration(us) * time.Microsecond); got != want {
			t.Errorf("%d µs is in bucket %d, want %d", us, got, want)
		}
	}
	for b := 1; b < buckets-1; b++ { // each begins where the one before it ends
		end := time.Duration(bucketEnd(b)) * time.Microsecond
		if bucketOf(end) != b+1 || bucketOf(end-time.Microsecond) != b {
			t.Errorf("bucket %d does not end at %v: %d and %d", b, end, bucketOf(end-time.Microsecond), bucketOf(end))
		}
	}
}

func TestQuantile(t *testing.T) {
	h := Histogram{}
	if h.Quantile(0.5) != 0 {
		t.Error("nothing has no quantile")
	}
	for ms := range 1000 {
		h.Note(bucketName(bucketOf(time.Duration(ms+1)*time.Millisecond)), 1)
	}
	h.Note("nonsense", 1000)
	h.Note("999", 1000)
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.95: 950 * time.Millisecond, 1: time.Second, 0: 0} {
		got := h.Quantile(q)
		if got < want*7/10 || got > want*13/10+time.Millisecond {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
}

func TestFaces(t *testing.T) {
	for route, want := range map[string]string{
		"POST /oauth/token": "token", "/oauth/authorize": "authorize", "GET /oauth/authorize": "authorize", "GET /oauth/userinfo": "userinfo",
		"POST /oauth/token_info": "protocol", "GET /.well-known/jwks.json": "protocol", "GET /v1/users/{id}": "api", "GET /sign-in": "pages",
		"GET /{$}": "pages", "GET /dashboard": "dashboard", "POST /dashboard/users/{id}/ban": "dashboard",
		"": "", "GET /assets/": "", "GET /healthz": "", "GET /metrics": "",
	} {
		got := ""
		if f, ok := FaceOf(route); ok {
			got = Faces()[f]
		}
		if got != want {
			t.Errorf("%q belongs to %q, want %q", route, got, want)
		}
	}
}

// Whatever comes, there are only so many series.
func TestSeriesAreBounded(t *testing.T) {
	c := New()
	for f := range faces {
		for us := int64(1); us < 1<<45; us += us/2 + 1 {
			for status := range 600 {
				c.Answer(f, status, time.Duration(us)*time.Microsecond)
			}
		}
	}
	for _, code := range codes {
		c.Refuse(code)
	}
	all := c.All()
	if len(all) > 500 {
		t.Errorf("%d series", len(all))
	}
	for series := range maps.Keys(all) {
		if len(series) > 64 || strings.Count(series, "/") > 2 {
			t.Errorf("series %q", series)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	c := New()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			f, _ := FaceOf("POST /oauth/token")
			c.Answer(f, 200, 700*time.Microsecond)
			c.Issue("refresh_token")
		}
	})
}
