# The life of an endpoint and of an endpoint service, through OpenStack's SDK for Python,
# which the SDK of a cloud with this service builds upon. The resources are declared here;
# the login, the discovery of versions, the catalog, paging and errors are the SDK's.
import os
import time

import openstack
from openstack import exceptions, proxy, resource, service_description


class Endpoint(resource.Resource):
    base_path = "/vpc-endpoints"
    resources_key = "endpoints"
    allow_create = allow_fetch = allow_delete = allow_list = True
    _query_mapping = resource.QueryParameters("id", "limit", "offset", "vpc_id", "endpoint_service_name", "sort_key", "sort_dir")

    description = resource.Body("description")
    enable_dns = resource.Body("enable_dns", type=bool)
    endpoint_service_id = resource.Body("endpoint_service_id")
    marker_id = resource.Body("marker_id", type=int)
    status = resource.Body("status")
    subnet_id = resource.Body("subnet_id")
    tags = resource.Body("tags", type=list)
    vpc_id = resource.Body("vpc_id")


class Service(resource.Resource):
    base_path = "/vpc-endpoint-services"
    resources_key = "endpoint_services"
    allow_create = allow_fetch = allow_commit = allow_delete = allow_list = True
    _query_mapping = resource.QueryParameters("id", "limit", "offset", "status", endpoint_name="endpoint_service_name")

    approval_enabled = resource.Body("approval_enabled", type=bool)
    port_id = resource.Body("port_id")
    ports = resource.Body("ports", type=list)
    server_type = resource.Body("server_type")
    service_name = resource.Body("service_name")
    status = resource.Body("status")
    vpc_id = resource.Body("vpc_id")


class Proxy(proxy.Proxy):
    skip_discovery = True


class Description(service_description.ServiceDescription):
    supported_versions = {"1": Proxy}


def until(what, condition):
    for _ in range(200):
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(what + " did not come")


def gone(kind, one):
    try:
        vpcep._get(kind, one.id)
    except exceptions.ResourceNotFound as e:
        assert e.status_code == 404
        return True
    return False


def connect(password):
    connection = openstack.connection.Connection(
        auth=dict(
            auth_url=os.environ["STAND_IN_URL"] + "/v3",
            username=os.environ["STAND_IN_USER"],
            password=password,
            user_domain_name=os.environ["STAND_IN_DOMAIN"],
            project_name=os.environ["STAND_IN_REGION"],
            project_domain_name=os.environ["STAND_IN_DOMAIN"],
        ),
        region_name=os.environ["STAND_IN_REGION"],
        interface="public",
    )
    connection.add_service(Description("vpcep"))
    return connection.vpcep


vpcep = connect(os.environ["STAND_IN_PASSWORD"])
assert vpcep.get_endpoint().startswith(os.environ["STAND_IN_URL"] + "/v1/")

service = vpcep._create(
    Service, service_name="db", vpc_id="vpc-1", port_id="port-1", server_type="VM", approval_enabled=True,
    ports=[dict(client_port=80, server_port=8080, protocol="TCP")],
)
until("available", lambda: vpcep._get(Service, service.id).status == "available")
assert [s.id for s in vpcep._list(Service, endpoint_name="DB")] == [service.id]
assert ".two." in vpcep._update(Service, service.id, service_name="two").service_name

made = [
    vpcep._create(
        Endpoint, endpoint_service_id=service.id, vpc_id="vpc-1", subnet_id="subnet-1", enable_dns=True,
        description="终端节点", tags=[dict(key="made-by", value="python")],
    )
    for _ in range(3)
]
one = until("pendingAcceptance", lambda: (e := vpcep._get(Endpoint, made[0].id)).status == "pendingAcceptance" and e)
assert one.enable_dns is True and one.description == "终端节点" and one.marker_id < 1 << 31
assert one.tags == [dict(key="made-by", value="python")]
answer = vpcep.post(f"/vpc-endpoint-services/{service.id}/connections/action", json=dict(action="receive", endpoints=[one.id]))
assert answer.json()["connections"][0]["status"] == "accepted", answer.text
assert vpcep._get(Endpoint, one.id).status == "accepted"
pages = [vpcep._list(Endpoint, paginated=False, limit=2, offset=offset, sort_dir="asc") for offset in (0, 2)]
assert [e.id for page in pages for e in page] == [e.id for e in made]

for e in made:
    vpcep._delete(Endpoint, e.id)
    until("404", lambda: gone(Endpoint, e))
vpcep._delete(Service, service.id)
until("404", lambda: gone(Service, service))

try:
    connect("wrong").get("/vpc-endpoints")
except exceptions.HttpException as e:
    assert e.status_code == 401, e
except Exception as e:  # of keystoneauth, which is not the SDK's own
    assert getattr(e, "http_status", 0) == 401, e
else:
    raise AssertionError("a wrong password passes")
print("done")
