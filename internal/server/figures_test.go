package server

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/signet-auth/signet/internal/admin"
)

// What a node has counted is written down when it stops, and known to the next one.
func TestCountsOutliveANodeThatStops(t *testing.T) {
	cfg := configFor(t.TempDir())
	s, err := New(t.Context(), cfg, Options{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	for range 3 {
		answer, err := http.Get("http://" + l.Addr().String() + "/oauth/authorize?client_id=nobody")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	next, _ := newServer(t, cfg)
	trends, err := next.Admin().Trends(t.Context(), next.figures, admin.Spans["day"])
	if err != nil || trends.Total["refused"] != 3 || trends.Total["answered"] != 3 || len(trends.Faces) != 1 || trends.Faces[0].Requests != 3 || trends.Faces[0].Median == 0 {
		t.Errorf("%+v, %v", trends.Total, err)
	}
	nodes, err := next.Admin().Nodes(t.Context())
	if err != nil || len(nodes) != 1 || nodes[0].Version != "1.2.3" {
		t.Errorf("nodes %+v, %v", nodes, err)
	}
}
