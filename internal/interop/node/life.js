// The life of an endpoint and of an endpoint service, through the vendor's client for
// Node. It has no package for this service there, so the requests are written out; the
// credentials, the signature and the look-up of the project are the vendor's.
"use strict";

const assert = require("node:assert/strict");
const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const { ClientBuilder } = require("@huaweicloud/huaweicloud-sdk-core/ClientBuilder");

const { STAND_IN_URL: url, STAND_IN_REGION: region, STAND_IN_SERVICE: service } = process.env;

const credentials = new BasicCredentials()
  .withAk(process.env.STAND_IN_AK)
  .withSk(process.env.STAND_IN_SK)
  .withIamEndpoint(url);

const build = (withProject) => new ClientBuilder((client) => client)
  .withCredential(withProject)
  .withRegion({ id: region, endpoints: [url] })
  .build();

// call sends one request and returns the body, with httpStatusCode in it.
async function call(client, method, path, data, queryParams) {
  return client.sendRequest({
    url: path, method, data, queryParams: queryParams ?? {}, pathParams: {}, headers: {}, contentType: "application/json",
  });
}

async function until(what, condition) {
  for (let i = 0; i < 200; i++) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} did not come`);
}

async function main() {
  const client = build(credentials); // looks the project up
  const v1 = "/v1/{project_id}/vpc-endpoints";

  const made = await call(client, "POST", v1, {
    endpoint_service_id: service, vpc_id: "vpc-1", subnet_id: "subnet-1",
    enable_dns: true, tags: [{ key: "made-by", value: "node" }], description: "终端节点",
  });
  assert.equal(made.httpStatusCode, 200);
  const one = `${v1}/${made.id}`;
  const ready = await until("accepted", async () => {
    const e = await call(client, "GET", one);
    return e.status === "accepted" && e;
  });
  assert.equal(ready.description, "终端节点");
  assert.deepEqual(ready.tags, [{ key: "made-by", value: "node" }]);
  assert.equal(typeof ready.enable_dns, "boolean");

  const listed = await call(client, "GET", v1, undefined, { limit: 10, offset: 0, vpc_id: "vpc-1", sort_key: "create_at" });
  assert.equal(listed.total_count, 1);
  assert.equal(listed.endpoints[0].id, made.id);

  const changed = await call(client, "PUT", one, { whitelist: ["10.0.0.1"], enable_whitelist: true });
  assert.deepEqual(changed.whitelist, ["10.0.0.1"]);
  await call(client, "POST", `/v1/{project_id}/endpoint/${made.id}/tags/action`, { action: "create", tags: [{ key: "a", value: "b c" }] });
  assert.equal((await call(client, "GET", one)).tags.length, 2);

  await call(client, "DELETE", one);
  await until("404", async () => {
    try {
      await call(client, "GET", one);
    } catch (err) {
      assert.equal(err.httpStatusCode, 404);
      assert.match(err.errorCode, /^EndPoint\.200[678]$/);
      return true;
    }
    return false;
  });

  await assert.rejects(
    call(build(new BasicCredentials().withAk(process.env.STAND_IN_AK).withSk("wrong").withIamEndpoint(url)), "GET", v1),
    (err) => err.httpStatusCode === 401,
  );
}

main().then(() => console.log("done"), (err) => {
  console.error(err);
  process.exit(1);
});
