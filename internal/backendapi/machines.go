package backendapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

func (a *API) machineRoutes() routes {
	return routes{
		"/v1/machines":                        {http.MethodPost: a.createMachine, http.MethodGet: a.listMachines},
		"/v1/machines/{id}":                   {http.MethodGet: a.getMachine, http.MethodPatch: a.updateMachine, http.MethodDelete: a.deleteMachine},
		"/v1/machines/{id}/secret_key":        {http.MethodGet: a.getMachineSecret},
		"/v1/machines/{id}/secret_key/rotate": {http.MethodPost: a.rotateMachineSecret},
		"/v1/machines/{id}/scopes":            {http.MethodPost: a.createMachineScope},
		"/v1/machines/{id}/scopes/{other}":    {http.MethodDelete: a.deleteMachineScope},
	}
}

// A machineObject is a machine as Clerk's SDKs read it.
type machineObject struct {
	Object          string `json:"object"`
	ID              string `json:"id"`
	Name            string `json:"name"`
	InstanceID      string `json:"instance_id"`
	DefaultTokenTTL int64  `json:"default_token_ttl"` // seconds
	CreatedAt       int64  `json:"created_at"`
	UpdatedAt       int64  `json:"updated_at"`
}

// A scopingMachine is a machine with those that it may call.
type scopingMachine struct {
	machineObject
	ScopedMachines []machineObject `json:"scoped_machines"`
	SecretKey      string          `json:"secret_key,omitempty"`
}

func newMachineObject(m store.Machine, instanceID string) machineObject {
	return machineObject{
		Object: "machine", ID: m.ID, Name: m.Name, InstanceID: instanceID, DefaultTokenTTL: int64(m.DefaultTTL.Seconds()),
		CreatedAt: m.CreatedAt.UnixMilli(), UpdatedAt: m.UpdatedAt.UnixMilli(),
	}
}

// machineAnswers are machines as answers.
func (a *API) machineAnswers(ctx context.Context, machines ...admin.Machine) ([]scopingMachine, error) {
	instance, err := a.admin.Instance(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]scopingMachine, len(machines))
	for i, m := range machines {
		all[i] = scopingMachine{newMachineObject(m.Machine, instance.ID), []machineObject{}, m.Secret}
		for _, s := range m.Scoped {
			all[i].ScopedMachines = append(all[i].ScopedMachines, newMachineObject(s, instance.ID))
		}
	}
	return all, nil
}

// machineAnswer is what admin said about one machine, as an answer.
func (a *API) machineAnswer(ctx context.Context, m admin.Machine, err error) (any, error) {
	if err != nil {
		return nil, asNoMachine(err)
	}
	all, err := a.machineAnswers(ctx, m)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// asNoMachine tells of a machine that does not exist by the code that there is for it.
func asNoMachine(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse("machine_not_found", "", "There is no such machine.")
	}
	return err
}

// machineFields reads what may be decided about a machine at any time.
func machineFields(f *fields) admin.MachineFields {
	return admin.MachineFields{Name: f.text("name"), DefaultTTL: f.seconds("default_token_ttl")}
}

// createMachine serves POST /v1/machines.
func (a *API) createMachine(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	asked, scopes := machineFields(f), f.texts("scoped_machines")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	m, err := a.admin.CreateMachine(r.Context(), asked, scopes)
	return a.machineAnswer(r.Context(), m, err)
}

// machinesByField are the columns that machines can be ordered by.
var machinesByField = map[string]store.MachineOrder{
	"created_at": store.MachinesByCreation,
	"name":       store.MachinesByName,
}

// listMachines serves GET /v1/machines.
func (a *API) listMachines(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.MachineQuery{Query: p.text("query")}
	q.OrderBy, q.Descending = order(p, machinesByField, store.MachinesByCreation)
	q.Limit, q.Offset = p.page()
	if err := p.err(); err != nil {
		return nil, err
	}
	machines, total, err := a.admin.Machines(r.Context(), q)
	if err != nil {
		return nil, err
	}
	all, err := a.machineAnswers(r.Context(), machines...)
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, m := range all {
		list.Data = append(list.Data, m)
	}
	return list, nil
}

// getMachine serves GET /v1/machines/{id}.
func (a *API) getMachine(r *http.Request) (any, error) {
	m, err := a.admin.Machine(r.Context(), r.PathValue("id"))
	return a.machineAnswer(r.Context(), m, err)
}

// updateMachine serves PATCH /v1/machines/{id}.
func (a *API) updateMachine(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	asked := machineFields(f)
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	m, err := a.admin.UpdateMachine(r.Context(), r.PathValue("id"), asked)
	return a.machineAnswer(r.Context(), m, err)
}

// deleteMachine serves DELETE /v1/machines/{id}.
func (a *API) deleteMachine(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.admin.DeleteMachine(r.Context(), id); err != nil {
		return nil, asNoMachine(err)
	}
	return deletedObject{Object: "machine", ID: id, Deleted: true}, nil
}

// A machineSecret is the secret key of a machine.
type machineSecret struct {
	Object string `json:"object"`
	Secret string `json:"secret"`
}

// getMachineSecret serves GET /v1/machines/{id}/secret_key.
func (a *API) getMachineSecret(r *http.Request) (any, error) {
	secret, err := a.admin.MachineSecret(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, asNoMachine(err)
	}
	return machineSecret{"machine_secret_key", secret}, nil
}

// rotateMachineSecret serves POST /v1/machines/{id}/secret_key/rotate.
func (a *API) rotateMachineSecret(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	overlap := f.seconds("previous_token_ttl")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case overlap == nil:
		return nil, refuse("form_param_missing", "previous_token_ttl", "previous_token_ttl must be included; 0 ends the key that there is at once.")
	}
	secret, err := a.admin.RotateMachineSecret(r.Context(), r.PathValue("id"), *overlap)
	if err != nil {
		return nil, asNoMachine(err)
	}
	return machineSecret{"machine_secret_key", secret}, nil
}

// A machineScope lets one machine call another.
type machineScope struct {
	Object        string `json:"object"`
	FromMachineID string `json:"from_machine_id"`
	ToMachineID   string `json:"to_machine_id"`
	CreatedAt     int64  `json:"created_at"`
}

func newMachineScope(s store.MachineScope) machineScope {
	return machineScope{"machine_scope", s.From, s.To, s.CreatedAt.UnixMilli()}
}

// createMachineScope serves POST /v1/machines/{id}/scopes.
func (a *API) createMachineScope(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	to := f.textOrEmpty("to_machine_id")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case to == "":
		return nil, refuse("form_param_missing", "to_machine_id", "to_machine_id must be included.")
	}
	s, err := a.admin.AddMachineScope(r.Context(), r.PathValue("id"), to)
	switch {
	case errors.Is(err, store.ErrConflict):
		return nil, refuse("conflict", "to_machine_id", "The machine may call this one already.")
	case err != nil:
		return nil, asNoMachine(err)
	}
	return newMachineScope(s), nil
}

// A deletedScope says that one machine may not call another any more.
type deletedScope struct {
	Object        string `json:"object"`
	FromMachineID string `json:"from_machine_id"`
	ToMachineID   string `json:"to_machine_id"`
	Deleted       bool   `json:"deleted"`
}

// deleteMachineScope serves DELETE /v1/machines/{id}/scopes/{other}.
func (a *API) deleteMachineScope(r *http.Request) (any, error) {
	from, to := r.PathValue("id"), r.PathValue("other")
	if err := a.admin.RemoveMachineScope(r.Context(), from, to); err != nil {
		return nil, asNoMachine(err)
	}
	return deletedScope{"machine_scope", from, to, true}, nil
}
