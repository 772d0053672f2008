using System.Net;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

public sealed class ProxyVariablesTests
{
    [Theory]
    [InlineData("ws://a.example/", "HTTP_PROXY=p:3128", "http://p:3128/")]
    [InlineData("wss://a.example/", "HTTP_PROXY=p:3128", null)]
    [InlineData("wss://a.example/", "HTTPS_PROXY=http://p:3128", "http://p:3128/")]
    [InlineData("wss://a.example/", "https_proxy=http://low:1;HTTPS_PROXY=http://up:1", "http://low:1/")]
    [InlineData("wss://a.example/", "ALL_PROXY=socks5://p", "socks5://p:1080")]
    [InlineData("ws://a.example/", "ALL_PROXY=socks5h://p:9", "socks5://p:9")]
    [InlineData("ws://a.example/", "HTTP_PROXY=;ALL_PROXY=http://p", "http://p/")]
    [InlineData("wss://a.example/", "HTTPS_PROXY=https://p", "https://p/")]
    [InlineData("ws://a.example/", "HTTP_PROXY=http://user:pass@word@p:3128/", "http://p:3128/")]
    [InlineData("ws://a.example/", "HTTP_PROXY=http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128/")]
    [InlineData("ws://localhost:80/", "ALL_PROXY=http://p", null)]
    [InlineData("ws://127.0.0.9:80/", "ALL_PROXY=http://p", null)]
    [InlineData("ws://[::1]:80/", "ALL_PROXY=http://p", null)]
    [InlineData("ws://a.example/", "HTTP_PROXY=http://p;GATEWAY_INTERFACE=CGI/1.1", null)]
    [InlineData("ws://a.example/", "http_proxy=http://p;GATEWAY_INTERFACE=CGI/1.1", "http://p/")]
    public void The_variable_for_the_scheme_names_the_proxy(string destination, string variables, string? proxy) =>
        (Of(variables).GetProxy(new Uri(destination))?.ToString().TrimEnd('/')).ShouldBe(proxy?.TrimEnd('/'));

    [Theory]
    [InlineData("a.example", "*", true)]
    [InlineData("a.example", "example", true)]
    [InlineData("A.Example", "a.EXAMPLE", true)]
    [InlineData("aexample", "example", false)]
    [InlineData("a.example", ".example", true)]
    [InlineData("example", ".example", false)]
    [InlineData("a.example", "*.example", true)]
    [InlineData("a.example", "b.example, a.example", true)]
    [InlineData("a.example:99", "a.example:99", true)]
    [InlineData("a.example:98", "a.example:99", false)]
    [InlineData("10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("11.1.2.3", "10.0.0.0/8", false)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "2.3", false)]
    [InlineData("10.1.2.3:80", "10.1.2.3:80", true)]
    [InlineData("[2001:db8::1]", "2001:db8::/32", true)]
    [InlineData("[2001:db8::1]", "[2001:db8::1]", true)]
    [InlineData("a.example", "", false)]
    [InlineData("a.example", ":,/,[", false)]
    public void NO_PROXY_lists_names_addresses_and_networks(string host, string list, bool isDirect) =>
        Of($"ALL_PROXY=http://p;NO_PROXY={list}").IsBypassed(new Uri($"ws://{host}/")).ShouldBe(isDirect);

    [Theory]
    [InlineData("HTTP_PROXY=http://user:pass@p:3128", "http://p:3128", "user", "pass")]
    [InlineData("HTTP_PROXY=http://user:p%40ss%3A@p:3128", "http://p:3128", "user", "p@ss:")]
    [InlineData("HTTP_PROXY=http://user:p@ss@p:3128", "http://p:3128", "user", "p@ss")]
    [InlineData("HTTP_PROXY=http://user@p:3128", "http://p:3128", "user", "")]
    [InlineData("HTTP_PROXY=http://x:y@q;ALL_PROXY=socks5://user:pass@p", "socks5://p:1080", "user", "pass")]
    public void Credentials_go_to_the_proxy_that_they_are_for(string variables, string proxy, string user, string password)
    {
        ICredentials credentials = Of(variables);

        var found = credentials.GetCredential(new Uri(proxy), "Basic")!;

        (found.UserName, found.Password).ShouldBe((user, password));
        credentials.GetCredential(new Uri("http://elsewhere:3128"), "Basic").ShouldBeNull();
    }

    [Theory]
    [InlineData("ftp://p")]
    [InlineData("http://")]
    [InlineData("http://p:port")]
    [InlineData("http://p/path")]
    [InlineData("://")]
    public void What_names_no_proxy_is_refused(string value) =>
        Should.Throw<FirnException>(() => Of($"ALL_PROXY={value}").GetProxy(new Uri("ws://a.example/"))).Reason.ShouldBe(FailureReason.InvalidInput);

    private static ProxyVariables Of(string variables)
    {
        var all = variables.Split(';').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new ProxyVariables(all.GetValueOrDefault);
    }
}
