package vpceptest

import (
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/fallback"
)

// Client returns a client of this server: its URL, project, token and, with
// [WithTLS], its certificate are set, then the caller's options are applied. It
// panics when the options cannot make a client.
func (s *Server) Client(opts ...vpcep.Option) *vpcep.Client {
	all := []vpcep.Option{
		vpcep.WithBaseURL(s.URL),
		vpcep.WithProjectID(s.ProjectID()),
		vpcep.WithAuth(fallback.Auth{Token: s.Token()}), // gives way to what the caller brings
	}
	if pool := s.RootCAs(); pool != nil {
		all = append(all, vpcep.WithRootCAs(pool))
	}
	client, err := vpcep.NewClient(append(all, opts...)...)
	if err != nil {
		panic("vpceptest: Server.Client: " + err.Error())
	}
	return client
}
