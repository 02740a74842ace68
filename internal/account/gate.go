package account

import "context"

// A gate lets a bounded number of callers work and a bounded number wait, so
// that sign-ins can exhaust neither memory nor patience (threats SE10).
type gate struct {
	admitted chan struct{} // working or waiting
	working  chan struct{}
}

func newGate(working, waiting int) *gate {
	return &gate{
		admitted: make(chan struct{}, working+waiting),
		working:  make(chan struct{}, working),
	}
}

// enter waits for a place to work. It returns ErrBusy at once when the queue is
// full, and the error of ctx when that ends first; otherwise the caller has to
// leave.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.admitted <- struct{}{}:
	default:
		return ErrBusy
	}
	select {
	case g.working <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-g.admitted
		return ctx.Err()
	}
}

// leave gives the place to the next.
func (g *gate) leave() {
	<-g.working
	<-g.admitted
}
