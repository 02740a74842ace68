package bench

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Sample is what was seen of one kind of request.
type Sample struct {
	Requests int
	Errors   int
	Elapsed  time.Duration
	CPU      time.Duration // of the server; 0 if it could not be read
	took     []uint32      // microseconds, one for each request that was answered well
	problems []string      // the first few errors
}

// Join adds what was seen at another time.
func (s *Sample) Join(more Sample) {
	s.Requests += more.Requests
	s.Errors += more.Errors
	s.Elapsed += more.Elapsed
	s.CPU += more.CPU
	s.took = append(s.took, more.took...)
	s.problems = append(s.problems, more.problems...)
	s.problems = s.problems[:min(len(s.problems), maxProblems)]
}

// maxProblems is how many errors are kept in words.
const maxProblems = 3

// Percentile gives the time in which p percent of the requests were answered. The
// nearest rank is taken, so it is a time that was seen.
func (s *Sample) Percentile(p float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	slices.Sort(s.took)
	rank := int(float64(len(s.took))*p/100+0.9999999) - 1
	return time.Duration(s.took[max(0, min(rank, len(s.took)-1))]) * time.Microsecond
}

// Problems are the first few errors in words.
func (s *Sample) Problems() []string { return s.problems }

// Rate gives requests per second.
func (s *Sample) Rate() float64 {
	if s.Elapsed == 0 {
		return 0
	}
	return float64(s.Requests) / s.Elapsed.Seconds()
}

// CPUPerRequest is what the server spent on each.
func (s *Sample) CPUPerRequest() time.Duration {
	if s.Requests == 0 {
		return 0
	}
	return s.CPU / time.Duration(s.Requests)
}

// A job does one request over c and checks the answer. worker counts from 0.
// errDone means that there is nothing left to do.
type job func(ctx context.Context, c *conn, worker int) error

// A driver puts load on one server over connections that it keeps.
type driver struct {
	conns []*conn
	cpu   func() time.Duration
}

func newDriver(base *url.URL, connections int, cpu func() time.Duration) *driver {
	d := &driver{cpu: cpu}
	for range connections {
		d.conns = append(d.conns, newConn(base))
	}
	return d
}

func (d *driver) close() {
	for _, c := range d.conns {
		c.close()
	}
}

// run has all connections do jobs, each one after the other, until the time is
// over or there is nothing left to do.
func (d *driver) run(ctx context.Context, duration time.Duration, do job) Sample {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make([]Sample, len(d.conns))
	began, cpu := time.Now(), d.cpu()
	end := began.Add(duration)
	var wg sync.WaitGroup
	for i, c := range d.conns {
		wg.Go(func() { parts[i] = work(ctx, c, i, end, do) })
	}
	wg.Wait()
	all := Sample{}
	for _, part := range parts {
		all.Join(part)
	}
	all.Elapsed, all.CPU = time.Since(began), d.cpu()-cpu
	return all
}

func work(ctx context.Context, c *conn, worker int, end time.Time, do job) (s Sample) {
	for ctx.Err() == nil && time.Now().Before(end) {
		err := do(ctx, c, worker)
		if err == errDone {
			break
		}
		s.Requests++
		if err != nil {
			s.Errors++
			if len(s.problems) < maxProblems {
				s.problems = append(s.problems, err.Error())
			}
			if s.Errors > maxErrors {
				break // a server that refuses everything need not be asked on
			}
			continue
		}
		s.took = append(s.took, uint32(c.took.Microseconds()))
	}
	return s
}

// maxErrors is how many errors one connection bears with.
const maxErrors = 100
