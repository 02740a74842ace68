package backendapi

import "net/http"

// An instanceObject is the installation.
type instanceObject struct {
	Object          string    `json:"object"`
	ID              string    `json:"id"`
	EnvironmentType string    `json:"environment_type"`
	AllowedOrigins  *[]string `json:"allowed_origins"`
	WorkspaceID     *string   `json:"workspace_id"`
}

// getInstance serves GET /v1/instance.
func (a *API) getInstance(r *http.Request) (any, error) {
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	return instanceObject{Object: "instance", ID: i.ID, EnvironmentType: "production"}, nil
}
